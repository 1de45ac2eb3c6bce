"""The supervisor leaves nothing behind, starts again what dies, and says what does not start."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.processes import Child, StartFailed
from cli.supervisor import MOST_RESTARTS, Supervisor
from common.ids import new_id
from tests.support.processes import MARK, eventually, family

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@contextmanager
def supervising(directory: Path, mark: str, *words: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.supervising", str(directory), *words],
        env={**os.environ, MARK: mark},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "running\n"
            # A supervisor, its warden, and two children with two children each.
            assert len(family(mark)) == 8
            yield process
        finally:
            process.kill()  # where a test has failed, nobody else ends it, and it would be waited for


@linux
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGTERM, []),
        (signal.SIGTERM, ["stubborn"]),
        (signal.SIGINT, []),
        (signal.SIGHUP, []),
        (signal.SIGKILL, []),
        (signal.SIGKILL, ["stubborn"]),
    ],
)
def test_no_process_is_left_behind_however_the_supervisor_ends(
    tmp_path: Path, number: signal.Signals, words: list[str]
) -> None:
    mark = new_id()
    with supervising(tmp_path, mark, *words) as process:
        process.send_signal(number)
        process.wait()
        assert eventually(lambda: not family(mark)), family(mark)


@linux
def test_the_children_die_even_where_the_warden_is_killed_with_the_supervisor(tmp_path: Path) -> None:
    mark = new_id()
    with supervising(tmp_path, mark) as process:
        parents = {pid for pid, command in family(mark).items() if "up-" in command}
        warden = next(pid for pid, command in family(mark).items() if "warden.py" in command)
        os.kill(warden, signal.SIGKILL)
        process.kill()
        process.wait()
        assert len(parents) == 2
        assert eventually(lambda: not parents & family(mark).keys()), family(mark)
        for orphan in family(mark):  # nobody was left to kill the grandchildren
            os.kill(orphan, signal.SIGKILL)


@linux
def test_a_killed_child_is_started_again_and_its_own_children_are_not_left(tmp_path: Path) -> None:
    mark = new_id()
    with supervising(tmp_path, mark) as process:
        before = family(mark)
        victim = next(pid for pid, command in before.items() if "up-1" in command)
        os.kill(victim, signal.SIGKILL)
        # For a moment there are eight with the old children of the victim still among them.
        assert eventually(lambda: len(family(mark)) == 8 and len(family(mark).keys() - before.keys()) == 3)
        process.terminate()
        process.wait()
        assert eventually(lambda: not family(mark))


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


def test_a_child_that_ends_as_it_starts_is_told_with_its_status_and_its_last_words(tmp_path: Path) -> None:
    child = Child(name="hasty", command=python("import sys; sys.exit('no such flavour')"), ready=lambda: False)
    with Supervisor(tmp_path) as supervisor, pytest.raises(StartFailed) as failed:
        supervisor.start(child)
    assert "hasty ended with status 1" in str(failed.value)
    assert "no such flavour" in str(failed.value)
    assert str(tmp_path / "hasty.log") in str(failed.value)


def test_a_child_that_is_never_ready_is_told_and_ended(tmp_path: Path) -> None:
    child = Child(name="slow", command=python("import time; time.sleep(600)"), ready=lambda: False, ready_within=0.1)
    with Supervisor(tmp_path) as supervisor:
        with pytest.raises(StartFailed, match=r"slow was not ready in 0\.1 s"):
            supervisor.start(child)
        assert supervisor.pids() == {}


def test_a_child_that_will_not_stay_up_is_given_up_with_a_reason(tmp_path: Path) -> None:
    said: list[str] = []
    child = Child(name="hasty", command=python("print('out of cream'); raise SystemExit(3)"))
    with Supervisor(tmp_path, said.append, first_pause=0.0001) as supervisor:
        supervisor.start(child)
        supervisor.watch()
        with pytest.raises(StartFailed, match="giving up") as failed:
            supervisor.wait()
    assert "out of cream" in str(failed.value)
    assert len(said) == MOST_RESTARTS


def test_servers_end_after_what_needs_them(tmp_path: Path) -> None:
    order = tmp_path / "order"
    code = (
        "import pathlib, signal, sys, time\n"
        "def end(*_):\n"
        "    with open(sys.argv[1], 'a') as file: file.write(sys.argv[2])\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "pathlib.Path(sys.argv[1] + sys.argv[2]).touch()\n"
        "time.sleep(600)\n"
    )
    with Supervisor(tmp_path / "logs") as supervisor:
        for stage in (0, 2, 1):
            command = [*python(code), str(order), str(stage)]
            up = Path(f"{order}{stage}")
            supervisor.start(Child(name=f"child-{stage}", command=command, ready=up.exists, stage=stage))
    assert order.read_text() == "210"


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    child = Child(name="ghost", command=["/no/such/program"], ready=lambda: False)
    with Supervisor(tmp_path) as supervisor, pytest.raises(StartFailed, match="No such file"):
        supervisor.start(child)

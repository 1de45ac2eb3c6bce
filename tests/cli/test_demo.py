"""`encore demo`: Ctrl-C leaves nothing running or in the way; what goes wrong is a sentence, not a traceback."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from common.ids import new_id
from tests.cli.test_up import ENCORE, environment
from tests.support.processes import MARK, eventually, family

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


class Demo:
    """An `encore demo` of a test, in a group of its own as a terminal would have it."""

    def __init__(self, data_dir: Path) -> None:
        self.mark = new_id()
        self.process = subprocess.Popen(
            [*ENCORE, "demo", "--workers", "1"],
            env=environment(data_dir, **{MARK: self.mark}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = ""

    def until(self, words: str) -> None:
        """Read what it prints until it says so."""
        for line in self.process.stdout or ():
            self.said += line
            if words in line:
                return
        raise AssertionError(f"It never said {words!r}: {self.said}")

    def interrupt(self) -> int:
        """Press Ctrl-C, which a terminal sends to the whole group; its exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.said += self.process.communicate(timeout=60)[0]
        return self.process.returncode


@contextmanager
def demo(data_dir: Path) -> Iterator[Demo]:
    running = Demo(data_dir)
    with running.process:
        try:
            yield running
        finally:
            running.process.kill()


@linux
@pytest.mark.slow
def test_ctrl_c_while_servers_start_and_while_it_imports_leaves_nothing_and_the_next_demo_works(tmp_path: Path) -> None:
    with demo(tmp_path) as first:
        assert eventually(lambda: len(family(first.mark)) > 3), first.said  # the demo, its warden, some servers
        assert first.interrupt() == 130, first.said
        assert "Stopped; nothing is left running." in first.said
        assert not family(first.mark)
    with demo(tmp_path) as second:
        second.until("importing products")  # the customers are next
        assert second.interrupt() == 130, second.said
        assert "Stopped; nothing is left running." in second.said
        assert "Traceback" not in second.said
        assert not family(second.mark)
    with demo(tmp_path) as third:
        third.until("40 rows taken, 0 refused.")
        third.interrupt()


@linux
@pytest.mark.slow
def test_an_error_that_nobody_foresaw_is_a_sentence_with_the_place_of_the_logs(tmp_path: Path) -> None:
    with demo(tmp_path) as running:
        running.until("importing products")
        for pid in [pid for pid, command in family(running.mark).items() if "granian" in command]:
            os.kill(pid, signal.SIGKILL)
        running.said += running.process.communicate(timeout=60)[0]
        assert running.process.returncode == 1, running.said
        assert "Error: The demo came to a halt: " in running.said
        assert f"The logs are in {tmp_path}/demo/logs; demo.log says where." in running.said
        assert "Traceback" not in running.said
        assert "Traceback" in (tmp_path / "demo" / "logs" / "demo.log").read_text()
        assert eventually(lambda: not family(running.mark)), family(running.mark)

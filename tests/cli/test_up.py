"""`encore up`: the whole service starts, answers, and goes without a trace; what is in its way is told."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.embedded import free_port
from common.ids import new_id
from common.settings import Settings
from tests.support.processes import MARK, eventually, family

ENCORE = [sys.executable, "-m", "cli.main"]
KEY = re.compile(r"encore_[\w-]{40,}")
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("ENCORE_")}
    return {**plain, "ENCORE_DATA_DIR": str(data_dir), **more}


class Up:
    """An `encore up` of a test."""

    def __init__(self, data_dir: Path, **more: str) -> None:
        self.mark = new_id()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [*ENCORE, "up", "--port", str(self.port), "--workers", "1"],
            env=environment(data_dir, **{MARK: self.mark}, **more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.greeting = ""
        for line in self.process.stdout or ():
            self.greeting += line
            if "Ctrl-C" in line:
                break
        assert "Encore is up" in self.greeting, self.greeting

    def get(self, path: str, key: str = "") -> tuple[int, dict[str, object]]:
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {key}"} if key else {})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Its exit code and all it said since the greeting."""
        self.process.send_signal(number)
        said = self.process.communicate(timeout=60)[0]
        return self.process.returncode, said


@contextmanager
def up(data_dir: Path, **more: str) -> Iterator[Up]:
    running = Up(data_dir, **more)
    with running.process:
        try:
            yield running
        finally:
            running.process.kill()


@linux
@pytest.mark.slow
def test_it_serves_keeps_its_data_prints_a_key_once_and_leaves_nothing_running(tmp_path: Path) -> None:
    with up(tmp_path) as first:
        assert first.get("/readyz") == (200, {"status": "ready", "servers": {"mongodb": True, "redis": True}})
        names = " ".join(family(first.mark).values())
        missing = {"secantusd-py", "valkey-server", "granian", "worker", "scheduler"} - set(
            re.findall(r"[\w-]+", names)
        )
        assert not missing, names
        code, said = first.end(signal.SIGTERM)
        assert code == 0
        assert eventually(lambda: not family(first.mark)), family(first.mark)
    found = KEY.search(first.greeting)
    assert found is not None, said
    with up(tmp_path) as second:
        assert second.get("/v1/keys", key=found[0])[0] == 200
        assert second.get("/v1/keys", key="encore_guess")[0] == 401
        second.process.kill()
        said = second.process.communicate()[0]
        assert KEY.search(second.greeting + said) is None
        assert eventually(lambda: not family(second.mark)), family(second.mark)


@linux
@pytest.mark.slow
def test_given_servers_are_used_and_none_is_started(tmp_path: Path, settings: Settings) -> None:
    given = {
        "ENCORE_MONGODB_URL": settings.mongodb_url,
        "ENCORE_MONGODB_DATABASE": settings.mongodb_database,
        "ENCORE_REDIS_URL": settings.redis_url,
        "ENCORE_REDIS_PREFIX": settings.redis_prefix,
    }
    with up(tmp_path, **given) as running:
        names = " ".join(family(running.mark).values())
        assert "secantusd" not in names
        assert "valkey" not in names
        assert running.get("/readyz")[0] == 200
        assert running.end(signal.SIGINT)[0] == 0


def refused(data_dir: Path, port: int) -> tuple[int, str]:
    run = subprocess.run(
        [*ENCORE, "up", "--port", str(port)], env=environment(data_dir), capture_output=True, text=True, check=False
    )
    return run.returncode, run.stderr


def test_a_taken_port_is_told_with_the_way_out_and_exit_code_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, said = refused(tmp_path, port)
    assert code == 2
    assert f"Port {port} on 127.0.0.1 cannot be had" in said
    assert f"--port {port + 1}" in said
    assert not list(tmp_path.iterdir())


@linux
@pytest.mark.slow
def test_two_on_one_data_directory_do_not_get_in_each_others_way(tmp_path: Path) -> None:
    with up(tmp_path) as first:
        code, said = refused(tmp_path, free_port())
        assert code == 1
        assert f"Another Encore (process {first.process.pid}) is using the data directory {tmp_path}" in said
        assert first.get("/readyz")[0] == 200


def test_a_data_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, said = refused(tmp_path / "file" / "var", free_port())
    assert code == 1
    assert "Cannot write to the data directory" in said
    assert "Traceback" not in said

"""The servers that tests run on, one pair per test process, started as production starts its embedded ones."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from cli.embedded import free_port, mongodb, redis
from cli.processes import Child, StartFailed
from cli.supervisor import Supervisor

REPOSITORY = Path(__file__).resolve().parents[2]
ENGINE = "ENCORE_TEST_MONGODB"
ENGINE_SCRIPT = "ENCORE_MONGO_ENGINE"


class Servers(msgspec.Struct, frozen=True, kw_only=True):
    """Where the servers are."""

    mongodb_url: str
    redis_url: str


class NoEngine(Exception):
    """The real engine is not to be had; the text says why."""


@contextmanager
def running(directory: Path) -> Iterator[Servers]:
    """Both servers, with their data in `directory`, until the end of the block; raises NoEngine."""
    with Supervisor(directory / "logs") as supervisor:
        port = free_port()
        supervisor.start(quickly_gone(redis(directory / "redis", port)))
        redis_url = f"redis://127.0.0.1:{port}/0"
        if os.environ.get(ENGINE) == "engine":
            yield Servers(mongodb_url=real_engine(supervisor, directory / "engine"), redis_url=redis_url)
            return
        port = free_port()
        supervisor.start(quickly_gone(mongodb(directory / "mongodb", port, cache="256M")))
        yield Servers(mongodb_url=f"mongodb://127.0.0.1:{port}", redis_url=redis_url)


def quickly_gone(child: Child) -> Child:
    """The same child, killed at the end: its data is thrown away."""
    return msgspec.structs.replace(child, stop_within=0)


def engine_script() -> Path:
    """The script that serves a real MongoDB; raises NoEngine where there is none."""
    named = os.environ.get(ENGINE_SCRIPT)
    script = Path(named) if named else REPOSITORY.parent / "shared" / "tools" / "mongo-engine"
    if not os.access(script, os.X_OK):
        raise NoEngine(f"There is no MongoDB engine at {script}; {ENGINE_SCRIPT} names another script.")
    return script


def engine_child(output: Path, directory: Path) -> Child:
    """A real MongoDB with its data in `directory`, which says into `output` where it is; raises NoEngine."""
    directory.mkdir(parents=True, exist_ok=True)
    return Child(
        name="engine",
        command=[str(engine_script()), str(directory)],
        ready=lambda: any(line.startswith("mongodb://") for line in output.read_text().splitlines()),
        ready_within=120,
        stop_within=0,
    )


def engine_url(output: Path) -> str:
    """Where the engine is that says so in this file."""
    return next(line for line in output.read_text().splitlines() if line.startswith("mongodb://"))


def real_engine(supervisor: Supervisor, directory: Path) -> str:
    """Start a real MongoDB with its data in `directory`; returns its URL. Raises NoEngine where it does not start."""
    output = supervisor.log_of("engine")
    try:
        supervisor.start(engine_child(output, directory))
    except StartFailed as error:
        raise NoEngine(str(error)) from None
    return engine_url(output)

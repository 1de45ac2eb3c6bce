"""An importer as a process of its own, so that memory and CPU are its own: takes a file in, and tells what it took."""

import os
import resource
import sys
import time
from pathlib import Path

import msgspec

from common.memory import look_for_rings_seldom
from common.settings import load
from wiring import Services


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds by the clock and on a CPU; megabytes in memory before the import, and at its peak (0 where not known)."""

    wall: float
    cpu: float
    before: float
    peak: float
    state: str
    bad: int

    @property
    def grown(self) -> float:
        """Megabytes that the import needed at its peak, above what there was before it."""
        return self.peak - self.before


def main() -> None:
    """Take in the file of the job named on the command line."""
    look_for_rings_seldom()
    services = Services(load(os.environ))
    services.health.answering()
    importer = services.importer
    before = forget_peak()
    wall, cpu = time.perf_counter(), cpu_seconds()
    job = importer.run(sys.argv[1])
    report = Report(
        wall=time.perf_counter() - wall,
        cpu=cpu_seconds() - cpu,
        before=before,
        peak=status("VmHWM"),
        state=job.state if job else "",
        bad=job.bad if job else 0,
    )
    sys.stdout.write(msgspec.json.encode(report).decode())


def cpu_seconds() -> float:
    """Seconds that this process has been on a CPU."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def forget_peak() -> float:
    """Have the kernel begin anew with the peak of this process's memory; the memory it has now."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return 0.0
    return status("VmRSS")


def status(name: str) -> float:
    """A figure of this process's memory, in megabytes; 0 where it is not known."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


if __name__ == "__main__":
    main()

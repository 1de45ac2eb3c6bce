"""A supervisor with a child that has children of its own: `python -m tests.support.supervising DIRECTORY [stubborn]`.

Prints a line when all run, and watches until it is told to stop.
"""

import sys
from pathlib import Path

from cli.processes import Child
from cli.signals import interrupt_on_signals
from cli.supervisor import Supervisor

PARENT = """
import pathlib, signal, subprocess, sys
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
children = [subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]) for _ in range(2)]
pathlib.Path(sys.argv[1]).touch()
signal.pause()
"""


def main() -> None:
    """Start two such children and watch them."""
    directory, stubborn = Path(sys.argv[1]), sys.argv[2:]
    interrupt_on_signals()
    children = [
        Child(
            name=f"parent-{number}",
            command=[sys.executable, "-I", "-S", "-c", PARENT, str(directory / f"up-{number}"), *stubborn],
            ready=(directory / f"up-{number}").exists,
            stop_within=0.2,
        )
        for number in (1, 2)
    ]
    try:
        with Supervisor(directory / "logs") as supervisor:
            supervisor.start_all(children)
            supervisor.watch()
            print("running", flush=True)  # noqa: T201  # told to the test
            supervisor.wait()
    except KeyboardInterrupt:
        print("stopped", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

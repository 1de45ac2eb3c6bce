"""Is a real MongoDB engine to be had? `python -m tests.support.engine` starts one and ends it.

Exit code 0 if it is; else 1, with the reason in a line on standard output.
"""

import sys
import tempfile
from pathlib import Path

from cli.supervisor import Supervisor
from tests.support.servers import NoEngine, real_engine


def main() -> int:
    """Try it."""
    with tempfile.TemporaryDirectory(prefix="encore-") as directory, Supervisor(Path(directory) / "logs") as supervisor:
        try:
            real_engine(supervisor, Path(directory) / "engine")
        except NoEngine as reason:
            sys.stdout.write(f"{str(reason).splitlines()[0]}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

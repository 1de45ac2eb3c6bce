"""`encore`, the program. Its commands are in cli/group.py, loaded here so that Ctrl-C meanwhile is quiet, too."""

import importlib
import sys

from cli.signals import INTERRUPTED


def main() -> None:
    """Run the command that was typed; Ctrl-C ends it without a traceback, with exit code 130."""
    try:
        importlib.import_module("cli.group").group()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()

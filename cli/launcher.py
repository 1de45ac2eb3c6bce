"""Becomes the command it is given, after tying its life to the process that started it.

Run as a script with `python -I -S`, so it imports nothing of ours. Arguments: the parent's process id,
the number of an inherited file to write our own process id to, then the command.

It stands between `Popen` and the command because the same calls in a `preexec_fn` may deadlock in a
parent with several threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Register with the warden, ask the kernel to kill us with our parent, and become the command."""
    parent, register, command = int(arguments[0]), int(arguments[1]), arguments[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("The process that started this one is gone.")
    os.write(register, b"%d\n" % os.getpid())
    os.set_inheritable(register, False)
    os.execvp(command[0], command)  # noqa: S606  # that is what it is for


if __name__ == "__main__":
    main(sys.argv[1:])

"""A TCP relay in front of a server, which a test cuts and mends: an outage as a program sees it."""

import contextlib
import socket
import threading
from typing import Self


class Relay:
    """Passes bytes between its own port and a target, (host, port) or the path of a Unix socket, until it is cut."""

    def __init__(self, target: tuple[str, int] | str) -> None:
        self.target = target
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        # Bound and never listening: while the relay is cut, nobody else is given its port, and who calls is refused.
        self._kept = _bound(0)
        self.port = self._kept.getsockname()[1]
        self.mend()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def mend(self) -> None:
        """Listen, on the same port as before."""
        self._listener = listener = _bound(self.port)
        listener.listen()
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def close(self) -> None:
        """Cut it for good."""
        self.cut()
        self._kept.close()

    def cut(self) -> None:
        """Refuse new connections and break those there are."""
        for each in [self._listener, *self._open]:
            if each is not None:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = self._connect()
            except OSError:  # the target is not there
                near.close()
                continue
            self._open += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=(one, other), daemon=True).start()

    def _connect(self) -> socket.socket:
        if isinstance(self.target, str):
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(self.target)
            except OSError:
                far.close()
                raise
            return far
        return socket.create_connection(self.target)


def _bound(port: int) -> socket.socket:
    """A socket at this port of this machine, 0 for any, which it shares with others of ours."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind(("127.0.0.1", port))
    return made


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()

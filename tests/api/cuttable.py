"""A TCP relay in front of a server, which a test cuts and mends: an outage as a program sees it."""

import contextlib
import errno
import socket
import threading
import time
from typing import Self


class Relay:
    """Passes bytes between its own port and a target, (host, port) or the path of a Unix socket, until it is cut."""

    def __init__(self, target: tuple[str, int] | str) -> None:
        self.target = target
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self.mend()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def mend(self) -> None:
        """Listen, on the same port as before."""
        listener = self._listening()
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _listening(self) -> socket.socket:
        # While it was cut, somebody's own connection may have been given the port; it lasts a moment.
        for _ in range(200):
            try:
                return socket.create_server(("127.0.0.1", self.port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            time.sleep(0.1)
        raise TimeoutError(f"Port {self.port} stays in other hands.")

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


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()

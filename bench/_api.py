"""The API over real HTTP for a bench, and callers who ask it all at once, each over a connection of their own."""

import http.client
import os
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click

from cli.embedded import free_port
from cli.servers import answers_http, granian
from wiring import Services

HOST = "127.0.0.1"
Asking = tuple[str, bytes]


@contextmanager
def served(services: Services, processes: int = 1, threads: int = 4) -> Iterator[int]:
    """The API as `encore up` serves it, in so many processes and threads, until the end of the block; its port."""
    port = free_port()
    environment = {**os.environ, **services.settings.environment}
    command = granian(HOST, port, processes, threads)
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            while not answers_http(HOST, port):
                if server.poll() is not None:
                    raise click.ClickException("The API did not start.")
                time.sleep(0.1)
            yield port
        finally:
            server.terminate()


def crowd(callers: int, work: Sequence[Callable[[], None]]) -> tuple[list[float], float]:
    """Do all of it, so many at a time: the seconds that each piece took, and all of them together."""
    left, took = deque(work), list[float]()

    def call() -> None:
        while True:
            try:
                piece = left.popleft()
            except IndexError:
                return
            begun = time.perf_counter()
            piece()
            took.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=call) for _ in range(callers)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(took) != len(work):
        raise click.ClickException("A caller failed, so the figures mean nothing.")
    return took, time.perf_counter() - begun


class Caller:
    """Posts JSON with a key; a thread has its own connection, which is kept alive."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._own = threading.local()

    def post(self, asking: Asking) -> None:
        """Post, and wait for a 200."""
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = http.client.HTTPConnection(HOST, self._port)
        path, body = asking
        connection.request("POST", path, body, self._headers)
        answer = connection.getresponse()
        told = answer.read()
        if answer.status != 200:
            raise click.ClickException(f"{path} was refused, so the figures mean nothing: {told!r}")

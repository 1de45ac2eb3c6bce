"""A provider that only counts, as a process of its own, and keeps the requests it got to be sent again."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

REPOSITORY = Path(__file__).resolve().parents[1]


class Sink(msgspec.Struct, frozen=True):
    """A running provider: where it is, its process, and the folder with the bodies it was sent."""

    url: str
    pid: int
    folder: Path

    def bodies(self) -> list[bytes]:
        """What it was sent since it started, in order."""
        return [place.read_bytes() for place in sorted(self.folder.glob("*.json"))]


@contextmanager
def sink(folder: Path) -> Iterator[Sink]:
    """A provider until the end of the block."""
    command = [sys.executable, "-m", "bench._provider", str(folder)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Sink(f"http://127.0.0.1:{process.stdout.readline().strip()}", process.pid, folder)
        finally:
            process.kill()


class _Counting(BaseHTTPRequestHandler):
    """Takes everything, at once."""

    protocol_version = "HTTP/1.1"
    folder = Path()
    taken = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        _Counting.taken += 1
        (self.folder / f"{_Counting.taken:08}.json").write_bytes(body)
        self.send_response(202)
        self.send_header("X-Message-Id", str(_Counting.taken))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def main() -> None:
    """Serve on any free port, told on standard output, until killed."""
    _Counting.folder = Path(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Counting)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

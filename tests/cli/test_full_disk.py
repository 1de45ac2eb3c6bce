"""A full disk, a real one: what does not start says so; what runs answers 503, loses nothing, and goes on with room."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.embedded import free_port
from tests.cli.test_up import KEY, refused, up
from tests.support.processes import eventually, family

pytestmark = pytest.mark.skipif(not shutil.which("mount"), reason="There is no mount here to make a small disk with.")
MEGABYTE = 1024 * 1024


@contextlib.contextmanager
def disk(megabytes: int) -> Iterator[Path]:
    """A file system of its own, of that size; skips where this user may not mount one."""
    place = Path(tempfile.mkdtemp(prefix="encore-disk-"))
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "encore-test", str(place)]
    try:
        made = subprocess.run(mounting, capture_output=True, text=True, check=False)
        if made.returncode:
            pytest.skip(f"A small disk cannot be mounted: {made.stderr.strip()}")
        try:
            yield place
        finally:
            subprocess.run(["umount", "--lazy", str(place)], check=True)
    finally:
        place.rmdir()


def fill(place: Path) -> Path:
    """Use up all the room there is; the file to remove to have it back."""
    ballast = place / "ballast"
    file = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while True:
            os.write(file, b"\0" * 4_096)
    os.close(file)
    return ballast


@pytest.mark.parametrize("full", [False, True])
def test_nothing_starts_on_a_disk_with_too_little_room_and_it_says_how_much_is_needed(full: bool) -> None:
    with disk(50) as place:
        if full:
            fill(place)
        code, said = refused(place, free_port())
        assert code == 1
        assert f"The disk of the data directory {place} is nearly full: {0 if full else 50} MB free, 200 MB" in said
        assert "Make room, or set ENCORE_DATA_DIR to another disk." in said
        assert "Traceback" not in said


def put(url: str, key: str, id: str) -> tuple[int, dict[str, object], str | None]:
    """Keep a customer: status, answer, Retry-After."""
    attributes = {f"note_{number}": "x" * 200 for number in range(20)}
    body = json.dumps({"first_name": "Ana", "attributes": attributes}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/v1/customers/{id}", data=body, headers=headers, method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer), None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error), error.headers["Retry-After"]


@pytest.mark.slow
def test_a_disk_that_fills_up_is_a_503_and_with_room_again_all_goes_on_and_nothing_is_lost() -> None:
    with disk(300) as place, up(place) as running:
        key = KEY.search(running.greeting)
        assert key is not None
        kept: list[str] = []
        ballast = fill(place)
        for number in range(20_000):
            status, answer, retry_after = put(running.url, key[0], f"c{number}")
            if status >= 400:
                break
            kept.append(f"c{number}")
        assert (status, answer["title"]) == (503, "Service Unavailable"), answer
        assert int(retry_after or 0) >= 1
        assert "MongoDB" in str(answer["detail"])
        for number in range(10):
            assert put(running.url, key[0], f"again{number}")[0] in (200, 201, 503)
        ballast.unlink()
        assert eventually(lambda: put(running.url, key[0], "after")[0] in (200, 201), 90)
        lost = [customer for customer in kept if running.get(f"/v1/customers/{customer}", key=key[0])[0] != 200]
        assert not lost, f"{len(lost)} of {len(kept)}"
        assert eventually(lambda: running.get("/readyz")[0] == 200, 30)
        code, said = running.end(signal.SIGTERM)
        assert code == 0, said
        assert eventually(lambda: not family(running.mark)), family(running.mark)

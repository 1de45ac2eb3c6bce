"""The benchmarks run: each checks for itself that all of its work was done, and prints what it came to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers import ENGINE

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("path", "size", "told"),
    [
        ("delivery", ["--messages", "25", "--batch", "10"], "provider calls"),
        ("imports", ["--orders", "25"], "ratio"),
        ("upserts", ["--orders", "20"], "ratio of p95"),
        ("segments", ["--customers", "60"], "rate in terms of the bare one"),
        (
            "loyalty",
            [
                "--redemptions",
                "20",
                "--issued",
                "20",
                "--grown",
                "40",
                "--minted",
                "20",
                "--processes",
                "1",
                "--threads",
                "2",
            ],
            "ratio of p95",
        ),
        ("report", ["--messages", "40"], "counted"),
        ("backtest", [], "BG/NBD"),
    ],
)
def test_a_path_is_measured_and_a_ratio_printed(path: str, size: list[str], told: str) -> None:
    environment = {**os.environ, ENGINE: os.environ.get(ENGINE, "embedded")}
    command = [sys.executable, "-m", "bench", path, *size]
    run = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    figures = dict(line.strip().split("  ", 1) for line in run.stdout.splitlines() if "  " in line.strip())
    assert any(name.startswith(told) for name in figures)
    if path == "delivery":
        assert figures["provider calls"].strip().startswith("3,")


def test_every_path_is_listed_and_what_they_share_is_not() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "bench", "--help"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout
    paths = {place.stem for place in (REPOSITORY / "bench").glob("*.py") if not place.stem.startswith("_")}
    assert paths == {line.split()[0] for line in listed.partition("Commands:")[2].splitlines() if line.strip()}

"""The data directory is ours alone, can be written to, and keeps a secret."""

import stat
from pathlib import Path

import pytest

from cli.datadir import DataDir
from cli.processes import StartFailed


def test_a_second_one_on_the_same_directory_is_refused_and_told_by_whom(tmp_path: Path) -> None:
    with DataDir(tmp_path), pytest.raises(StartFailed, match=r"Another Encore \(process \d+\)"), DataDir(tmp_path):
        pytest.fail("two have it")


def test_the_directory_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with DataDir(tmp_path) as ours:
            assert ours.lock > 2


def test_a_directory_that_cannot_be_made_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartFailed, match=r"Cannot write to the data directory .*set ENCORE_DATA_DIR"):
        DataDir(tmp_path / "file" / "var").__enter__()


def test_a_disk_that_is_nearly_full_is_told_with_how_much_is_needed(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match=r"nearly full: \d+ MB free, 1048576000 MB needed"):
        DataDir(tmp_path, least_free=1000 * 2**40).__enter__()


def test_the_secret_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    with DataDir(tmp_path) as ours:
        key = ours.secret_key()
        assert len(key) >= 48
        assert ours.secret_key() == key
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600

"""The commands other than `up`: what they print, what they answer when something is away, and their exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.embedded import free_port
from common.settings import Settings
from storage.indexes import ensure
from tests.support.clock import ManualClock
from wiring import Services


def encore(*words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    plain = {name: value for name, value in os.environ.items() if not name.startswith("ENCORE_")}
    command = [sys.executable, "-m", "cli.main", *words]
    return subprocess.run(command, env={**plain, **variables}, capture_output=True, text=True, check=False)


@pytest.fixture
def variables(settings: Settings) -> dict[str, str]:
    return {
        "ENCORE_MONGODB_URL": settings.mongodb_url,
        "ENCORE_MONGODB_DATABASE": settings.mongodb_database,
        "ENCORE_REDIS_URL": settings.redis_url,
        "ENCORE_REDIS_PREFIX": settings.redis_prefix,
        "ENCORE_SECRET_KEYS": settings.secret_keys,
    }


def test_check_says_that_all_is_well(services: Services, variables: dict[str, str]) -> None:
    run = encore("check", **variables)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines()[-1] == "All is well."


def test_check_names_every_missing_setting(tmp_path: Path) -> None:
    run = encore("check", ENCORE_DATA_DIR=str(tmp_path))
    assert run.returncode == 1
    for name in ("ENCORE_MONGODB_URL", "ENCORE_REDIS_URL", "ENCORE_SECRET_KEYS"):
        assert f"WRONG  {name}: " in run.stderr


def test_check_names_each_server_that_is_away(variables: dict[str, str]) -> None:
    variables["ENCORE_MONGODB_URL"] = f"mongodb://127.0.0.1:{free_port()}"
    variables["ENCORE_REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"
    run = encore("check", **variables)
    assert run.returncode == 1
    assert "WRONG  mongodb at 127.0.0.1 does not answer: is it running, and is ENCORE_MONGODB_URL right?" in run.stderr
    assert "WRONG  redis at 127.0.0.1 does not answer: is it running, and is ENCORE_REDIS_URL right?" in run.stderr
    assert "Traceback" not in run.stderr


def test_check_names_a_missing_index(services: Services, variables: dict[str, str]) -> None:
    services.database["keys"].drop_index([("hash", 1)])
    run = encore("check", **variables)
    ensure(services.database)
    assert run.returncode == 1
    assert "WRONG  index keys(hash) is missing" in run.stderr


def test_openapi_prints_the_document_and_nothing_else_with_no_server(tmp_path: Path) -> None:
    run = encore("openapi")
    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads(run.stdout)["openapi"].startswith("3.1")


def test_a_created_key_is_printed_works_and_can_be_revoked(
    services: Services, variables: dict[str, str], clock: ManualClock
) -> None:
    run = encore("key", "create", "--scopes", "read,checkout", "--name", "till", **variables)
    assert run.returncode == 0, run.stderr
    key = services.keys.find(run.stdout.strip())
    assert key is not None
    assert (key.name, key.scopes) == ("till", ["read", "checkout"])
    assert f"{key.id}\ttill\tread,checkout\tvalid" in encore("key", "list", **variables).stdout
    assert encore("key", "revoke", key.id, **variables).returncode == 0
    clock.advance(2)  # another process may know it for a second more
    assert services.keys.find(run.stdout.strip()) is None


def test_a_scope_that_is_none_is_told_with_those_there_are(variables: dict[str, str]) -> None:
    run = encore("key", "create", "--scopes", "reed", **variables)
    assert run.returncode == 2
    assert "There is no scope 'reed'; there are read, ingest, campaigns, checkout, admin." in run.stderr


def test_a_command_whose_database_is_away_says_so_in_a_sentence(variables: dict[str, str]) -> None:
    variables["ENCORE_MONGODB_URL"] = f"mongodb://127.0.0.1:{free_port()}"
    run = encore("key", "create", **variables)
    assert run.returncode == 1
    assert run.stderr.startswith("Error: MongoDB cannot be reached.")


def test_a_wrong_setting_is_named(variables: dict[str, str]) -> None:
    run = encore("check", **variables, ENCORE_CLAIM_LEASE="soon")
    assert run.returncode == 2
    assert "ENCORE_CLAIM_LEASE" in run.stderr


def test_a_file_is_imported_and_its_bad_rows_are_told(
    tmp_path: Path, services: Services, variables: dict[str, str]
) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("customer_id,first_name,email\nc1,Ana,ana@example.com\nc2,Bo,not-an-address\n")
    run = encore("import", "customers", str(file), **variables)
    assert run.returncode == 1, run.stderr
    assert "1 taken, 1 not taken." in run.stdout
    assert "line 3: " in run.stderr
    assert services.database["customers"].count_documents({}) == 1

"""Commands beside a running `encore up` find it; what is given and away, and an early Ctrl-C, are told in words."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.commands.up import deliveries
from cli.embedded import free_port
from cli.given import address
from cli.here import NAME, announced, settings_here
from common.settings import Settings, load
from messaging.channel import Providers
from tests.cli.test_commands import encore
from tests.cli.test_up import ENCORE, environment, linux, up
from wiring import Services


@linux
@pytest.mark.slow
def test_commands_beside_a_running_encore_need_no_settings(tmp_path: Path) -> None:
    here = {"ENCORE_DATA_DIR": str(tmp_path)}
    file = tmp_path / "customers.csv"
    file.write_text("customer_id,first_name,email\nc1,Ana,ana@example.com\n")
    with up(tmp_path) as running:
        assert "email: outbox (kept, sent nowhere; set ENCORE_SENDGRID_API_KEY, or ENCORE_SMTP_URL)" in running.greeting
        assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
        created = encore("key", "create", **here)
        assert created.returncode == 0, created.stderr
        assert running.get("/v1/keys", key=created.stdout.strip())[0] == 200
        assert "valid" in encore("key", "list", **here).stdout
        assert encore("check", **here).stdout.splitlines()[-1] == "All is well."
        assert "1 taken, 0 not taken." in encore("import", "customers", str(file), **here).stdout
        code, said = running.end(signal.SIGINT)
        assert (code, "Stopping …" in said) == (0, True)
    assert not (tmp_path / NAME).exists()


def test_where_nothing_runs_the_way_out_is_told(tmp_path: Path) -> None:
    run = encore("key", "list", ENCORE_DATA_DIR=str(tmp_path))
    assert run.returncode == 2
    assert "Start `make up`" in run.stderr
    assert "ENCORE_MONGODB_URL" in run.stderr


def test_what_is_set_wins_and_word_of_a_dead_process_counts_for_nothing(tmp_path: Path) -> None:
    environ = {"ENCORE_DATA_DIR": str(tmp_path)}
    with announced(
        Settings(mongodb_url="mongodb://here", redis_url="redis://here", data_dir=str(tmp_path)), own_key=True
    ):
        found = settings_here({**environ, "ENCORE_REDIS_URL": "redis://mine"})
        assert (found.mongodb_url, found.redis_url, bool(found.secret_keys)) == ("mongodb://here", "redis://mine", True)
        assert settings_here({**environ, "ENCORE_MONGODB_URL": "mongodb://mine"}).redis_url == ""
        gone = subprocess.Popen([sys.executable, "-c", ""])
        gone.wait()
        word = (tmp_path / NAME).read_text()
        (tmp_path / NAME).write_text(word.replace(f'"pid":{os.getpid()}', f'"pid":{gone.pid}'))
        assert settings_here(environ).mongodb_url == ""


def test_a_given_mongodb_that_is_away_is_named_without_its_password(tmp_path: Path) -> None:
    port = free_port()
    given = {"ENCORE_MONGODB_URL": f"mongodb://shop:hush@127.0.0.1:{port}/x", "ENCORE_REDIS_URL": "redis://127.0.0.1:1"}
    run = subprocess.run(
        [*ENCORE, "up", "--port", str(free_port())],
        env=environment(tmp_path, **given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert f"MongoDB does not answer at 127.0.0.1:{port} (ENCORE_MONGODB_URL)" in run.stderr
    assert "hush" not in run.stderr
    assert "Traceback" not in run.stderr


@linux
@pytest.mark.slow
def test_encore_goes_on_without_a_given_redis(tmp_path: Path) -> None:
    with up(tmp_path, ENCORE_REDIS_URL=f"redis://:hush@127.0.0.1:{free_port()}/0") as running:
        assert "Warning: Redis does not answer at 127.0.0.1:" in running.greeting
        assert "hush" not in running.greeting


@pytest.mark.parametrize("after", [0.15, 0.4, 0.8])
def test_an_early_interrupt_is_quiet(tmp_path: Path, after: float) -> None:
    # Whoever runs tests in the background may have had interrupts ignored, which processes inherit.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{heard}; from cli.main import main; print('on', flush=True); main()"
    command = [sys.executable, "-c", code, "check"]
    with subprocess.Popen(
        command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(after / 2)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=20)[1]
    assert process.returncode == 130, said
    assert "Traceback" not in said


def test_a_channel_with_credentials_goes_to_its_provider(services: Services) -> None:
    settings = load({"ENCORE_SENDGRID_API_KEY": "SG.x"})
    lines = deliveries(Providers(settings, services.outbox, services.clock))
    assert lines[0] == "email: sendgrid"
    assert any(line.startswith("sms: outbox") for line in lines)


def test_addresses_are_told_without_what_is_secret_in_them() -> None:
    assert address("mongodb://u:p@db1:1,db2/?replicaSet=shop") == "db1:1,db2"
    assert address("redis://127.0.0.1:6379/0") == "127.0.0.1:6379"

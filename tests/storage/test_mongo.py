"""What MongoDB has confirmed outlives its process."""

import os
import signal
from pathlib import Path

from cli.embedded import free_port, mongodb
from cli.supervisor import Supervisor
from common.settings import Settings
from storage.mongo import connect
from tests.support.processes import eventually

WRITES = 300


def test_a_server_that_is_killed_has_all_it_confirmed_when_it_is_started_again(tmp_path: Path) -> None:
    port = free_port()
    settings = Settings(mongodb_url=f"mongodb://127.0.0.1:{port}")
    with Supervisor(tmp_path / "logs") as supervisor:
        server = supervisor.start(mongodb(tmp_path / "mongodb", port, cache="64M"))
        database = connect(settings)
        for number in range(WRITES):
            database["facts"].insert_one({"_id": number, "text": "x" * 200})
        os.kill(server.pid, signal.SIGKILL)
        assert eventually(lambda: server.status is not None)
        database.client.close()
        supervisor.start(mongodb(tmp_path / "mongodb", port, cache="64M"))
        database = connect(settings)
        assert database["facts"].count_documents({}) == WRITES
        database.client.close()

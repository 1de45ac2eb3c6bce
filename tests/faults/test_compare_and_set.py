"""T0: the database can compare and set. Processes crowd at caps by conditional updates while it is killed with -9.

All else rests on this: an offer's budget is such an update. `ENCORE_FAULTS=full` is the full size.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec

from cli.supervisor import Supervisor
from common.settings import Settings
from storage.mongo import connect
from tests.support.servers import REPOSITORY
from tests.support.tills import KilledDatabase

FULL = os.environ.get("ENCORE_FAULTS") == "full"
ENGINE = os.environ.get("ENCORE_TEST_MONGODB") == "engine"
# 16 processes that try 10,000 times each share 1,600 counters of a hundred places; a tenth on the embedded server.
PROCESSES, COUNTERS, CAP, KILLS = (16, 1_600 if ENGINE else 160, 100, 5) if FULL else (2, 3, 30, 1)
SEED = int(os.environ.get("ENCORE_FAULTS_SEED", "20261122"))


def test_a_cap_is_exact_and_nothing_confirmed_is_lost_when_the_database_is_killed(
    settings: Settings, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    with Supervisor(tmp_path / "logs") as supervisor:
        database = KilledDatabase(supervisor, tmp_path / "data")
        own = connect(msgspec.structs.replace(settings, mongodb_url=database.url))
        own["places"].insert_many([{"_id": counter, "taken": 0, "by": []} for counter in range(COUNTERS)])
        takers = [_taker(database.url, own.name, tmp_path, number) for number in range(PROCESSES)]
        for strike in range(KILLS):
            while _confirmed(tmp_path) < COUNTERS * CAP * strike / KILLS + 5:
                time.sleep(0.05)
            time.sleep(chance.uniform(0, 0.3))
            database.kill()
        assert [taker.wait(timeout=1_800) for taker in takers] == [0] * PROCESSES
        kept = {place["_id"]: place for place in own["places"].find()}
        own.client.close()
        database.relay.close()
    confirmed = Counter(line for log in tmp_path.glob("*.taken") for line in log.read_text().splitlines())
    assert all(place["taken"] == len(place["by"]) == len(set(place["by"])) == CAP for place in kept.values())
    assert set(confirmed.values()) == {1}
    assert set(confirmed) == {f"{counter} {token}" for counter, place in kept.items() for token in place["by"]}
    sys.stdout.write(
        f"\nseed {SEED}: {PROCESSES} processes, {COUNTERS} caps of {CAP}, database killed {KILLS} times: "
        f"{len(confirmed)} places taken, {len(confirmed)} confirmed, 0 beyond a cap\n"
    )


def _taker(url: str, database: str, directory: Path, number: int) -> "subprocess.Popen[bytes]":
    log = directory / f"{number}.taken"
    arguments = [url, database, f"p{number}", str(COUNTERS), str(CAP), str(log)]
    return subprocess.Popen([sys.executable, "-m", "tests.faults.taker", *arguments], cwd=REPOSITORY)


def _confirmed(directory: Path) -> int:
    return sum(log.read_bytes().count(b"\n") for log in directory.glob("*.taken"))

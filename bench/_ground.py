"""What a path is measured on: servers, a fresh database with its indexes, and services over both."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from common.ids import new_id
from common.settings import PREFIX, load
from storage.indexes import ensure
from tests.support.servers import ENGINE, NoEngine, engine_script, running
from wiring import Services


def pick_engine() -> str:
    """The name of the database that is measured: the real engine unless there is none, or the environment says not."""
    chosen = os.environ.get(ENGINE, "engine")
    try:
        engine_script()
    except NoEngine:
        chosen = "embedded"
    os.environ[ENGINE] = chosen
    return chosen


@contextmanager
def ground(**settings: str) -> Iterator[Services]:
    """Services on servers of their own, with only these settings beside the servers' addresses."""
    directory = Path(tempfile.mkdtemp(prefix="encore-"))  # a Unix socket's path must be short
    try:
        with running(directory) as servers:
            own = {
                "mongodb_url": servers.mongodb_url,
                "mongodb_database": f"bench_{new_id()}",
                "redis_url": servers.redis_url,
                "secret_keys": new_id() * 2,
                "public_url": "http://shop.test",
                **settings,
            }
            services = Services(load({PREFIX + name.upper(): text for name, text in own.items()}))
            ensure(services.database)
            yield services
            services.close()
    finally:
        shutil.rmtree(directory, ignore_errors=True)

"""Looks, before anything is started on them, whether the servers that were given answer."""

import re
from collections.abc import Callable

from cli.processes import StartFailed
from common.settings import Settings
from storage.health import Health

_ADDRESS = re.compile(r"[\w.,:\[\]-]+")


def check(given: Settings, health: Callable[[], Health], say: Callable[[str], None]) -> None:
    """Raise StartFailed where a given MongoDB does not answer; a given Redis that does not is only told.

    Without Redis nothing is lost: the database knows what is to be done, and workers find it there later.
    """
    if not given.mongodb_url and not given.redis_url:
        return
    try:
        answering = health().answering()
    except Exception as error:  # of the clients, which may quote the address with its password
        raise StartFailed(
            f"ENCORE_MONGODB_URL or ENCORE_REDIS_URL cannot be used ({type(error).__name__}). "
            "Write them like mongodb://127.0.0.1:27017 and redis://127.0.0.1:6379/0."
        ) from error
    if given.mongodb_url and not answering["mongodb"]:
        raise StartFailed(
            f"MongoDB does not answer at {address(given.mongodb_url)} (ENCORE_MONGODB_URL). Start it, or put "
            "the address right, user and password too; without the variable `encore up` starts a MongoDB of its own."
        )
    if given.redis_url and not answering["redis"]:
        say(
            f"Warning: Redis does not answer at {address(given.redis_url)} (ENCORE_REDIS_URL). Going on without it: "
            "nothing is lost, and messages wait until it answers. Start it, or put the address right."
        )


def address(url: str) -> str:
    """The servers of an address, without user, password and options."""
    servers = re.split("[/?]", url.partition("://")[2].rpartition("@")[2])[0]
    return servers if _ADDRESS.fullmatch(servers) else "the address that was given"

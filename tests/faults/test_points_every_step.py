"""T4, T9: the database goes away at every single command of a spending; the shop asks again, and it is done once."""

from typing import Any
from urllib.parse import unquote

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from common.settings import Settings
from storage.outages import as_unavailable
from tests.api.cuttable import Relay
from tests.faults.test_every_step import Scissors
from tests.loyalty.points_makers import balance, mistakes, with_reward
from tests.support.clock import ManualClock
from wiring import Services


def test_a_spending_cut_off_at_any_command_is_done_once_when_it_is_asked_for_again(
    services: Services, settings: Settings, clock: ManualClock
) -> None:
    with_reward(services, 100_000)
    address = settings.mongodb_url.removeprefix("mongodb://").partition("/")[0]
    host, _, port = address.partition(":")
    with Relay(unquote(address) if address.startswith("%2F") else (host, int(port))) as relay:
        scissors = Scissors(relay)
        client: MongoClient[dict[str, Any]] = MongoClient(
            f"mongodb://127.0.0.1:{relay.port}/?directConnection=true",
            tz_aware=True,
            retryWrites=False,
            retryReads=False,
            serverSelectionTimeoutMS=200,
            event_listeners=[scissors],
        )
        shaky = Services(settings, clock)
        shaky.__dict__["database"] = client[settings.mongodb_database]
        commands = spent(shaky, scissors, "whole", None)
        assert commands >= 8
        for step in range(1, commands + 1):
            assert spent(shaky, scissors, f"op-{step}", step) >= step
            relay.mend()
            services.points.spend("ana", f"op-{step}", "tenth", "tests")
            clock.advance(61)
            services.points.recover()
            assert balance(services) == (100_000 - 100 * (step + 1), 0), step
            assert services.database["vouchers"].count_documents({}) == step + 1, step
            assert mistakes(services) == [], step
        client.close()


def spent(shaky: Services, scissors: Scissors, operation: str, cut_at: int | None) -> int:
    """Spend until the wire is cut; how many commands were begun."""
    scissors.names.clear()
    scissors.cut_at = cut_at
    try:
        shaky.points.spend("ana", operation, "tenth", "tests")
    except PyMongoError as error:
        if as_unavailable(error) is None:
            raise
    return len(scissors.names)

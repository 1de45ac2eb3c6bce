"""T4, T9: the database goes away at every single command of a spending; the shop asks again, and it is done once."""

from functools import partial

from common.settings import Settings
from tests.loyalty.points_makers import balance, mistakes, with_reward
from tests.support.clock import ManualClock
from tests.support.wire import wired
from wiring import Services


def test_a_spending_cut_off_at_any_command_is_done_once_when_it_is_asked_for_again(
    services: Services, settings: Settings, clock: ManualClock
) -> None:
    with_reward(services, 100_000)
    with wired(settings) as wire:
        shaky = wire.services(clock)
        commands = len(wire.until_cut(None, partial(spend, shaky, "whole")))
        assert commands >= 8
        for step in range(1, commands + 1):
            assert len(wire.until_cut(step, partial(spend, shaky, f"op-{step}"))) >= step
            wire.relay.mend()
            spend(services, f"op-{step}")
            clock.advance(61)
            services.points.recover()
            assert balance(services) == (100_000 - 100 * (step + 1), 0), step
            assert services.database["vouchers"].count_documents({}) == step + 1, step
            assert mistakes(services) == [], step


def spend(services: Services, operation: str) -> None:
    services.points.spend("ana", operation, "tenth", "tests")

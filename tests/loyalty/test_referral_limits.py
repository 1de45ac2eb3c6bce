"""The limits of a programme are exact whoever crowds in, dies or wakes up late (loyalty/referral_limits.py)."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from msgspec.structs import replace

from common.errors import Conflict, EncoreError
from common.money import Money
from common.settings import Settings
from loyalty.programme import Limits, ReferralTier
from loyalty.referral import Friend, Referral, ReferralState
from tests.loyalty.makers import basket, offer
from tests.loyalty.test_referral_programmes import code_of, points, programme
from tests.support.clock import ManualClock
from tests.support.wire import Wire, wired
from wiring import Services

EUR = Money(500, "EUR")
OFF = {"burst": "off"}
# How many come at once.
MANY = 64 if os.environ.get("ENCORE_FAULTS") == "full" else 16


def try_(services: Services, number: int, code: str) -> str:
    try:
        services.referrals.redeem(code, Friend(customer_id=f"f{number}"), basket(f"o{number}"))
    except Conflict as refused:
        return refused.reason
    return "yes"


def assert_books_agree(services: Services) -> list[Referral]:
    """The tally is what counts, nothing is open, and places are taken once."""
    tally = services.referrals.tally("friends")
    counted = [one for one in services.referrals.page("", 500) if one.tally and not one.released]
    assert tally.open == []
    assert (tally.count, tally.worth) == (len(counted), sum(one.worth for one in counted))
    assert sum(tally.periods.values()) == tally.count
    return counted


@pytest.mark.parametrize(
    ("limits", "most", "reason"),
    [
        (Limits(per_advocate=5), 5, "limit_per_advocate"),
        (Limits(per_advocate_and_period=4, period="day"), 4, "limit_per_advocate_and_period"),
        (Limits(in_all=6, per_advocate=60), 6, "limit_in_all"),
        (Limits(in_period=3, period="week"), 3, "limit_in_period"),
        (Limits(money=Money(3_500, "EUR")), 3, "limit_money"),
    ],
)
def test_friends_of_one_code_all_at_once_obey_a_limit_exactly(
    services: Services, clock: ManualClock, limits: Limits, most: int, reason: str
) -> None:
    programme(services, limits=limits, verdicts=OFF, friend_worth=EUR, advocate_worth=EUR, tiers=[
        ReferralTier(friends=2, points=1, worth=Money(1, "EUR"))
    ])  # fmt: skip
    code = code_of(services)
    with ThreadPoolExecutor(MANY) as pool:
        said = list(pool.map(lambda number: try_(services, number, code), range(MANY)))
    assert (said.count("yes"), said.count(reason)) == (most, MANY - most)
    counted = assert_books_agree(services)
    assert len(counted) == most
    places = [place for one in counted for place in one.places or ()]
    assert len(places) == len(set(places))
    assert sum(points(services, one.friend) for one in counted) == 100 * most
    services.referrals.reject(counted[0].id)
    assert try_(services, 999, code) == "yes"
    assert len(assert_books_agree(services)) == most
    with ThreadPoolExecutor(8) as pool:  # schedulers that crowd, too
        clock.advance(31 * 86_400)
        list(pool.map(lambda _: services.referrals.settle(), range(8)))
    reviewed = services.referrals.page("", 99, state="review")
    for one in reviewed:
        services.referrals.approve(one.id)
    services.referrals.settle()
    services.referrals.settle()
    assert points(services, "ana") == 200 * most + 1


def test_a_period_begins_anew_and_a_limit_hides_the_page(services: Services, clock: ManualClock) -> None:
    programme(services, limits=Limits(per_advocate_and_period=1, period="day", in_all=3))
    code = code_of(services)
    assert services.referrals.landing(code).friend_reward == "100 points"
    for day in range(3):
        assert try_(services, 2 * day, code) == "yes"
        assert try_(services, 2 * day + 1, code) == ("limit_per_advocate_and_period" if day < 2 else "limit_in_all")
        with pytest.raises(EncoreError):
            services.referrals.landing(code)
        clock.advance(86_400)
    assert try_(services, 7, code) == "limit_in_all"
    # Who was refused for a limit may come again, by whoever's code has a place.
    services.programmes.change(replace(services.programmes.get("friends"), limits=Limits()), 1)
    assert try_(services, 7, services.referrals.codes_for("friends", ["bea"])["bea"]) == "yes"


@pytest.fixture
def wire(settings: Settings) -> Iterator[Wire]:
    """A wire to the database that can be cut at any command."""
    with wired(settings) as wire:
        yield wire


def test_rewards_of_tiers_count_against_the_money_too_wherever_their_giver_is_cut_off(
    services: Services, clock: ManualClock, wire: Wire
) -> None:
    process, cent, tier = wire.services(clock), Money(1, "EUR"), Money(2_000, "EUR")
    covered, steps = 4, range(6, 26, 1 if os.environ.get("ENCORE_FAULTS") == "full" else 3)
    limits = Limits(money=Money(covered * tier.amount + 1_999, "EUR"))
    tiers = [ReferralTier(friends=1, points=7, worth=tier)]
    programme(services, trigger="sign_up", limits=limits, friend_worth=cent, advocate_worth=cent, tiers=tiers)
    for step in steps:
        code = services.referrals.codes_for("friends", [f"a{step}"])[f"a{step}"]
        services.referrals.claim(code, Friend(customer_id=f"f{step}"))
        if len(wire.until_cut(step, process.referrals.settle)) >= step:
            wire.relay.mend()
        clock.advance(61)
        for _ in range(2):
            services.referrals.settle()
    got = [points(services, f"a{step}") for step in steps]
    assert got == [207] * covered + [200] * (len(steps) - covered)
    tally = services.referrals.tally("friends")
    assert (tally.open, tally.count, tally.worth) == ([], len(steps), covered * tier.amount + 2 * len(steps))
    refused = services.database["referral_tiers"].find({"refused": {"$exists": True}})
    assert [one["refused"] for one in refused] == ["limit_money"] * (len(steps) - covered)


def test_a_referral_cut_off_at_any_command_rewards_each_once_and_its_end_gives_all_back_once(
    services: Services, clock: ManualClock, wire: Wire
) -> None:
    process = wire.services(clock)
    services.offers.add(offer())
    limits = Limits(in_all=500, per_advocate=500, in_period=500, period="year")
    programme(services, limits=limits, verdicts=OFF, friend_points=0, friend_offer="tenth", wait_days=0)
    code = code_of(services)

    def whole(number: int) -> None:
        referral = process.referrals.redeem(code, Friend(customer_id=f"f{number}"), basket(f"o{number}"))
        process.referrals.reject(referral.id)

    commands = len(wire.until_cut(None, partial(whole, 0)))
    assert commands >= 20
    every = 1 if os.environ.get("ENCORE_FAULTS") == "full" else 4
    for step in range(1, commands + 1, every):
        if len(wire.until_cut(step, partial(whole, step))) >= step:
            wire.relay.mend()
        clock.advance(61)
        services.referrals.settle()
        assert try_(services, step, code) in ("yes", "already_referred"), step
        [mine] = [one for one in services.referrals.page("", 500) if one.friend == f"f{step}" and not one.refused]
        assert mine.owing is None, step
        cancelled = services.vouchers.get(mine.friend_voucher).state == "cancelled"
        assert cancelled == (mine.state is ReferralState.REJECTED), step
        assert_books_agree(services)
    clock.advance(61)
    services.referrals.settle()
    for one in services.referrals.page("", 500, state="review"):  # nobody has told of the orders
        services.referrals.approve(one.id)
    services.referrals.settle()
    services.referrals.settle()
    rewarded = services.referrals.page("", 500, state="rewarded")
    assert points(services, "ana") == 200 * len(rewarded) > 0

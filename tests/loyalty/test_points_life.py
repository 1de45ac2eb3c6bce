"""The life of a point, from the order to its end, through the services and on a real database."""

from datetime import UTC, datetime, timedelta

import pytest

from common.errors import Conflict, NotFound
from common.events import event
from customers.behaviour import seen
from customers.order_events import EventLine
from loyalty.points import TooFew
from loyalty.points_expiry import Expiry
from loyalty.points_programme import Earning
from loyalty.tiers import TierRules
from tests.loyalty.points_makers import (
    PER_EURO,
    accounts,
    balance,
    happened,
    hear,
    later,
    line,
    mistakes,
    open_programme,
    order,
    person,
    with_reward,
)
from tests.support.clock import ManualClock
from wiring import Services


def kinds_of(services: Services, customer: str = "ana") -> list[str]:
    return [entry.kind.value for entry in reversed(services.points.entries(customer, None, 100))]


def told(services: Services, type: str) -> list[dict[str, object]]:
    services.events.pump()
    return [found["data"] for found in services.database["events"].find({"type": type}).sort("at", 1)]


def test_an_order_earns_pending_points_that_can_be_spent_after_the_return_window(services: Services) -> None:
    open_programme(services)
    order(services, total=10_099)
    assert balance(services) == (0, 100)
    later(services, 29)
    assert balance(services) == (0, 100)
    later(services, 1)
    assert balance(services) == (100, 0)
    assert kinds_of(services) == ["earned", "matured"]
    facet = services.customers.get(["ana"])["ana"].loyalty
    assert (facet["points"], facet["pending"], facet["tier"]) == (100, 0, "Silver")
    assert mistakes(services) == []


def test_nothing_is_earned_while_there_is_no_active_programme(services: Services) -> None:
    order(services)
    open_programme(services, active=False)
    order(services, "o2")
    assert accounts(services) == []


def test_what_time_brings_is_true_whether_or_not_a_chore_has_come_to_it(services: Services, clock: ManualClock) -> None:
    open_programme(services)
    order(services)
    clock.advance(timedelta(days=31).total_seconds())
    before = accounts(services)
    assert balance(services) == (100, 0)
    assert accounts(services) == before, "a look must not change anything"
    clock.advance(timedelta(days=400).total_seconds())
    assert balance(services) == (0, 0)
    services.points.look_after()
    assert kinds_of(services) == ["earned", "matured", "expired"]
    assert mistakes(services) == []


@pytest.mark.parametrize("undone", ["cancelled", "returned", "refunded"])
def test_an_order_that_is_undone_takes_its_points_back(services: Services, undone: str) -> None:
    open_programme(services)
    order(services)
    happened(services, "o1", undone)
    assert balance(services) == (0, 0)
    happened(services, "o1", undone)
    assert kinds_of(services) == ["earned", "reversed"]
    assert services.points.statement("ana").measured == 0
    assert mistakes(services) == []


def test_many_partial_refunds_take_back_exactly_what_was_earned(services: Services, clock: ManualClock) -> None:
    open_programme(services)
    order(services, total=9_999)
    for number, amount in enumerate([1, 3_332, 3_333, 3_332, 1]):
        clock.advance(60)
        happened(services, "o1", "refunded", amount=amount, id=f"r{number}")
        assert balance(services)[1] <= 99
    assert balance(services) == (0, 0)
    assert sum(entry.pending for entry in services.points.entries("ana", None, 100)) == 0
    assert mistakes(services) == []


def test_what_came_back_takes_its_own_points_and_not_its_share_of_all(services: Services) -> None:
    bonus = Earning(kind="product", settings={"products": ["tea"], "points": 50})
    open_programme(services, earning=[PER_EURO, bonus])
    order(services, total=2_000, lines=[line("tea"), line("mug")])
    assert balance(services) == (0, 70)
    happened(services, "o1", "returned", lines=[EventLine(product_id="tea", quantity=1)], amount=1_000)
    assert balance(services) == (0, 10)
    assert mistakes(services) == []


def test_points_that_were_spent_when_their_order_is_refunded_are_owed_and_paid_by_the_next(services: Services) -> None:
    with_reward(services, window=0)
    order(services)
    services.points.spend("ana", "one", "tenth", "tests")
    happened(services, "o1", "refunded")
    assert balance(services) == (-100, 0)
    with pytest.raises(TooFew):
        services.points.spend("ana", "two", "tenth", "tests")
    order(services, "o2", total=15_000)
    assert balance(services) == (50, 0)
    assert mistakes(services) == []


def test_the_shop_that_gives_a_total_anew_has_its_points_reckoned_anew(services: Services) -> None:
    open_programme(services)
    order(services, total=10_000)
    order(services, total=5_000, placed_at=services.clock.now())
    services.points_feed.reconcile(["o1"])
    assert balance(services) == (0, 50)
    assert mistakes(services) == []


def test_other_rules_change_nothing_of_what_was_earned(services: Services) -> None:
    open_programme(services)
    order(services)
    open_programme(services, earning=[])
    happened(services, "o1", "refunded", amount=5_000)
    assert balance(services) == (0, 50)


def test_earliest_expiry_is_spent_first(services: Services, clock: ManualClock) -> None:
    with_reward(services, window=0, expiry=Expiry(policy="months", months=2))
    order(services, "first", total=6_000)
    later(services, 20)
    order(services, "second", total=6_000)
    services.points.spend("ana", "one", "tenth", "tests")
    assert [(lot.id, lot.points) for lot in services.points.statement("ana").account.lots] == [("order:second", 20)]
    assert mistakes(services) == []


def test_spending_gives_a_personal_voucher_once_for_an_operation(services: Services) -> None:
    with_reward(services, 250)
    entry, code = services.points.spend("ana", "one", "tenth", "tests")
    assert services.points.spend("ana", "one", "tenth", "tests") == (entry, code)
    voucher = services.vouchers.get(code)
    assert (voucher.customer, voucher.offer, voucher.single_use) == ("ana", "tenth", True)
    assert balance(services) == (150, 0)
    assert services.points.spend("ana", "two", "tenth", "tests")[1] != code
    with pytest.raises(TooFew, match="100 points are wanted, and 50 can be spent"):
        services.points.spend("ana", "three", "tenth", "tests")
    assert services.database["vouchers"].count_documents({}) == 2
    assert mistakes(services) == []


def test_only_what_has_a_price_in_points_can_be_had_for_them(services: Services) -> None:
    with_reward(services, 250, rewards=[])
    with pytest.raises(Conflict, match="not to be had"):
        services.points.spend("ana", "one", "tenth", "tests")
    with pytest.raises(NotFound):
        services.points.spend("ana", "one", "nothing", "tests")
    assert balance(services) == (250, 0)


def test_points_by_hand_are_given_and_taken_once_for_an_operation_and_make_no_tier(services: Services) -> None:
    with_reward(services)
    for _ in range(2):
        services.points.adjust("ana", "a", 700, "sorry", "tests")
        services.points.adjust("ana", "b", -200, "mistake", "tests")
    assert balance(services) == (500, 0)
    assert services.points.statement("ana").tiers.tier == ""
    with pytest.raises(TooFew):
        services.points.adjust("ana", "c", -501, "too much", "tests")
    assert mistakes(services) == []


def test_points_without_an_end_are_one_lot_however_many_orders_there_were(services: Services) -> None:
    open_programme(services, window=0, expiry=Expiry(policy="never"))
    for number in range(5):
        order(services, f"o{number}")
    happened(services, "o0", "cancelled")
    (account,) = accounts(services)
    assert [(lot.id, lot.points) for lot in account.lots] == [("for ever", 400)]
    assert mistakes(services) == []


def test_an_event_of_the_sites_earns_as_its_rule_says(services: Services, clock: ManualClock) -> None:
    rules = [
        Earning(kind="event", settings={"event": "review_written", "points": 5}),
        Earning(kind="event", settings={"event": "newsletter", "points": 50, "each": "customer"}),
        Earning(kind="event", settings={"event": "visited", "points": 1, "each": "day", "pending_days": 2}),
    ]
    open_programme(services, earning=rules)
    person(services, "ana")
    for type_, times in [("review_written", 3), ("newsletter", 3), ("visited", 3)]:
        for number in range(times):
            at = clock.now() - timedelta(seconds=number)
            services.events.add([seen(type_, at, "ana", {}, f"{type_}-{number}")])
    hear(services)
    assert balance(services) == (15 + 50, 1)
    later(services, 2)
    assert balance(services) == (66, 0)
    assert mistakes(services) == []


def test_a_friend_who_bought_earns_and_an_undone_order_takes_it_back(services: Services) -> None:
    rule = Earning(kind="event", settings={"event": "referral_redeemed", "points": 500, "pending_days": 30})
    open_programme(services, earning=[rule])
    person(services, "ana")
    order(services, "o9", customer="friend")
    said = event("referral_redeemed", services.clock.now(), "ana", ["r1"], order="o9", friend="friend")
    services.events.add([said])
    hear(services)
    assert balance(services) == (0, 500)
    happened(services, "o9", "cancelled")
    assert balance(services) == (0, 0)
    assert mistakes(services) == []


def test_orders_from_before_the_programme_earn_only_where_it_says_so(services: Services, clock: ManualClock) -> None:
    old = clock.now() - timedelta(days=90)
    order(services, "old", placed_at=old)
    open_programme(services)
    order(services, "new")
    services.points_feed.catch_up()
    assert balance(services) == (0, 100)
    happened(services, "old", "delivered")
    assert balance(services) == (0, 100)
    open_programme(services, history=True)
    services.points_feed.catch_up()
    assert balance(services) == (100, 100)
    clock.advance(timedelta(days=2).total_seconds())
    services.points_feed.catch_up()
    assert balance(services) == (100, 100)
    assert mistakes(services) == []


def test_an_order_that_comes_late_and_without_an_event_is_found_within_a_day(
    services: Services, clock: ManualClock
) -> None:
    open_programme(services)
    clock.advance(timedelta(days=20).total_seconds())
    services.points_feed.catch_up()
    order(services, "late", placed_at=clock.now() - timedelta(days=10))
    assert accounts(services) == []
    clock.advance(timedelta(days=1).total_seconds())
    assert services.points_feed.catch_up() == 1
    assert balance(services) == (0, 100)


def test_a_tier_is_reached_at_once_and_lost_after_its_grace(services: Services) -> None:
    open_programme(services, window=0)
    order(services, total=60_000)
    assert services.points.statement("ana").tiers.tier == "Gold"
    later(services, 364)
    assert services.points.statement("ana").tiers.tier == "Gold"
    later(services, 1)
    assert services.points.statement("ana").tiers.grace_until is not None
    later(services, 10)
    assert services.points.statement("ana").tiers.tier == ""
    assert services.customers.get(["ana"])["ana"].loyalty["tier"] == ""
    assert [found["tier"] for found in told(services, "tier_reached")] == ["Gold"]
    assert [found["before"] for found in told(services, "tier_lost")] == ["Gold"]


def test_other_tiers_are_everybodys_within_a_minute_of_the_change(services: Services) -> None:
    open_programme(services)
    order(services)
    assert services.customers.get(["ana"])["ana"].loyalty["tier"] == "Silver"
    open_programme(services, tiers=TierRules())
    services.points.look_after()
    assert services.customers.get(["ana"])["ana"].loyalty["tier"] == ""


def test_who_is_about_to_lose_points_is_told_once(services: Services) -> None:
    open_programme(services, window=0, notice_days=14)
    order(services)
    later(services, 340)
    assert told(services, "points_expiring") == []
    for _ in range(3):
        later(services, 5)
    ends = datetime(2027, 3, 3, tzinfo=UTC)
    assert [(found["points"], found["expires_at"]) for found in told(services, "points_expiring")] == [(100, ends)]


def test_a_merge_moves_all_points_and_what_comes_afterwards(services: Services, clock: ManualClock) -> None:
    with_reward(services, 50, "old")
    person(services, "ana")
    order(services, "o1", customer="old")
    services.points.adjust("ana", "a", 20, "", "tests")
    for _ in range(2):
        services.points.transfer("old", "ana")
    assert balance(services) == balance(services, "old") == (70, 100)
    services.points.adjust("old", "late", 5, "", "tests")
    happened(services, "o1", "refunded", amount=5_000)
    assert balance(services) == (75, 50)
    later(services, 31)
    assert balance(services) == (125, 0)
    assert services.points.statement("ana").measured == 50
    assert mistakes(services) == []


def test_the_liability_is_the_sum_over_all_accounts(services: Services) -> None:
    open_programme(services, window=0, expiry=Expiry(policy="end_of_month", months=2), earning=[PER_EURO])
    for number in range(20):
        order(services, f"o{number}", customer=f"c{number % 7}", total=1_000 + 333 * number)
        services.clock.advance(timedelta(days=4).total_seconds())  # type: ignore[attr-defined]  # a test's clock
    happened(services, "o3", "refunded")
    report = services.points.liability()
    each = [services.points.statement(account.id).account for account in accounts(services)]
    assert report.outstanding - report.owed == sum(account.balance for account in each)
    assert report.pending == sum(account.waiting for account in each)
    assert report.outstanding == sum(month.points for month in report.months) > 0
    assert report.worth.amount == sum(month.worth.amount for month in report.months)
    assert len(report.months) > 1

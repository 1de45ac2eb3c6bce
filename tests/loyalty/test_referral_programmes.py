"""Programmes: what triggers a reward, what it is, what a refund takes back, and the tiers."""

from datetime import timedelta
from typing import Any

import pytest

from common.errors import Conflict, Invalid, NotFound, Stale
from common.money import Money
from customers.customer import Customer
from customers.orders import OrderEvent
from loyalty.evidence import bare, home_form, name_form, network
from loyalty.programme import Limits, ReferralProgramme, ReferralTier, checked
from loyalty.referral import Friend, Referral, ReferralState, Seen
from storage.referrals import MongoReferrals
from tests.loyalty.makers import basket, bought, offer
from tests.support.clock import ManualClock
from wiring import Services

DAY = 86_400


def programme(services: Services, **fields: Any) -> ReferralProgramme:
    """Points for both, unless something else is said."""
    given = {"id": "friends", "name": "Friends", "friend_points": 100, "advocate_points": 200} | fields
    made = ReferralProgramme(**given, created_at=services.clock.now())  # type: ignore[arg-type]  # the test names them
    services.programmes.add(made)
    return made


def code_of(services: Services, customer: str = "ana") -> str:
    return services.referrals.codes_for("friends", [customer])[customer]


def points(services: Services, customer: str) -> int:
    return services.points.statement(customer).account.balance


def told(services: Services, customer: str, type: str) -> list[dict[str, Any]]:
    services.events.pump()
    return [one.data for one in services.events.of_customer(customer, 50) if one.type == type]


def follow(services: Services) -> int:
    services.events.pump()
    return services.undoing.react()


def ben(**fields: Any) -> Friend:
    return Friend(customer_id="ben", **fields)


def test_a_sign_up_rewards_both_at_once_unless_it_shall_wait(services: Services, clock: ManualClock) -> None:
    programme(services, trigger="sign_up")
    claimed = services.referrals.claim(code_of(services), ben())
    assert (claimed.state, claimed.friend_points, points(services, "ben")) == (ReferralState.PENDING, 100, 100)
    assert services.referrals.claim(code_of(services), ben()) == claimed
    services.referrals.settle()
    rewarded = services.referrals.get(claimed.id)
    assert (rewarded.state, rewarded.advocate_points) == (ReferralState.REWARDED, 200)
    assert (points(services, "ana"), points(services, "ben")) == (200, 100)
    assert told(services, "ana", "referral_redeemed") == [
        {"referral": claimed.id, "programme": "friends", "friend": "ben"}
    ]
    assert services.referrals.redeem(code_of(services), ben(), basket("b1")) == rewarded


def test_a_claimed_friend_s_order_counts_without_the_shop_s_saying_so(services: Services, clock: ManualClock) -> None:
    programme(services)
    claimed = services.referrals.claim(code_of(services), ben(), Seen(clicked_at=clock.now()))
    assert (claimed.state, claimed.clicked_at) == (ReferralState.CLAIMED, clock.now())
    assert told(services, "ana", "referral_redeemed") == []
    # An order that another friend was said to have placed counts once, and holds nobody up.
    services.referrals.redeem(code_of(services), Friend(customer_id="cem"), basket("b0"))
    bought(services, "ben", "b0")
    follow(services)
    assert services.referrals.get(claimed.id) == claimed
    clock.advance(DAY)
    bought(services, "ben", "b1")
    follow(services)
    follow(services)
    pending = services.referrals.get(claimed.id)
    assert (pending.state, pending.order, pending.at) == (ReferralState.PENDING, "b1", clock.now())
    assert (pending.claimed_at, pending.due_at) == (claimed.at, clock.now() + timedelta(days=30))
    assert len(told(services, "ana", "referral_redeemed")) == 2
    bought(services, "ben", "b2")
    follow(services)
    assert services.referrals.get(claimed.id).order == "b1"
    assert len(services.referrals.page("", 9)) == 2


def test_a_friend_may_get_theirs_before_the_first_order_and_loses_it_with_the_claim(
    services: Services, clock: ManualClock
) -> None:
    services.offers.add(offer())
    programme(services, friend_points=0, friend_offer="tenth", friend_when="claim", claim_days=10)
    claimed = services.referrals.claim(code_of(services), ben())
    assert claimed.state is ReferralState.CLAIMED
    assert services.vouchers.get(claimed.friend_voucher).customer == "ben"
    late = services.referrals.claim(code_of(services), Friend(customer_id="cem"))
    ordered = services.referrals.redeem(code_of(services), ben(), basket("b1"))
    assert (ordered.state, ordered.friend_voucher) == (ReferralState.PENDING, claimed.friend_voucher)
    assert services.referrals.tally("friends").count == 2
    clock.advance(10 * DAY)
    services.referrals.settle()
    gone = services.referrals.get(late.id)
    assert (gone.state, gone.reasons) == (ReferralState.REJECTED, ["claim_expired"])
    assert services.vouchers.get(late.friend_voucher).state == "cancelled"
    assert services.referrals.tally("friends").count == 1


def test_every_order_of_a_friend_rewards_who_sent_them_and_the_friend_once(
    services: Services, clock: ManualClock
) -> None:
    programme(services, trigger="every_order", tiers=[ReferralTier(friends=2, points=5_000)])
    first = services.referrals.redeem(code_of(services), ben(), basket("b1"))
    second = services.referrals.redeem(code_of(services), ben(), basket("b2"))
    assert services.referrals.redeem(code_of(services), ben(), basket("b2")) == second
    assert (second.again, second.friend_points) == (True, 0)
    for order in ("b1", "b2", "b3"):
        bought(services, "ben", order)
    follow(services)
    assert len(services.referrals.page("", 9)) == 3
    clock.advance(31 * DAY)
    services.referrals.settle()
    assert {one.state for one in services.referrals.page("", 9)} == {ReferralState.REWARDED}
    # Three orders are one friend, and no tier of two.
    assert (points(services, "ana"), points(services, "ben")) == (600, 100)
    assert first.id != second.id


def test_a_further_order_waits_while_a_person_looks_at_the_first(services: Services) -> None:
    programme(services, trigger="every_order")
    services.referrals.redeem(code_of(services), Friend(customer_id="eve"), basket("e1"), Seen(device="x"))
    assert services.referrals.redeem(code_of(services), ben(), basket("b1"), Seen(device="x")).reasons == [
        "same_device"
    ]
    assert services.referrals.redeem(code_of(services), ben(), basket("b2")).state is ReferralState.REVIEW


def test_a_part_refund_takes_points_back_in_proportion(services: Services, clock: ManualClock) -> None:
    programme(services, refunds="part")
    bought(services, "ben", "b1")
    referral = services.referrals.redeem(code_of(services), ben(), basket("b1"))
    services.orders.add_event("b1", OrderEvent(type="refunded", at=clock.now(), amount=2_500))
    assert follow(services) == 0
    assert (services.referrals.get(referral.id).friend_points, points(services, "ben")) == (75, 75)
    clock.advance(30 * DAY)
    services.referrals.settle()
    assert (services.referrals.get(referral.id).advocate_points, points(services, "ana")) == (150, 150)
    assert services.points.audit("ben")[1] == services.points.audit("ana")[1] == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"refunds": "any"}, "order_refunded_in_part"),
        ({"minimum": Money(8_000, "EUR")}, "below_minimum"),
    ],
)
def test_a_part_refund_takes_all_back_where_the_programme_says_so(
    services: Services, clock: ManualClock, fields: dict[str, Any], reason: str
) -> None:
    programme(services, **fields)
    bought(services, "ben", "b1")
    referral = services.referrals.redeem(code_of(services), ben(), basket("b1"))
    services.orders.add_event("b1", OrderEvent(type="refunded", at=clock.now(), amount=2_500))
    assert follow(services) == 1
    gone = services.referrals.get(referral.id)
    assert (gone.state, gone.reasons, points(services, "ben")) == (ReferralState.REJECTED, [reason], 0)
    assert services.referrals.tally("friends").count == 0
    assert services.points.audit("ben")[1] == []


def test_what_is_told_with_the_order_is_looked_at_too(services: Services) -> None:
    programme(services, friend_when="claim")
    bought(services, "ana", "a1", person={"addresses": {"email": ["ana@example.com"]}})
    for friend in ("ben", "cem"):
        services.referrals.claim(code_of(services), Friend(customer_id=friend), Seen(device=friend))
    # One's own device, seen twice, is no other friend's.
    paid = services.referrals.redeem(code_of(services), ben(email="ben@example.com"), basket("b1"), Seen(device="ben"))
    assert (paid.state, paid.reasons, points(services, "ben")) == (ReferralState.PENDING, [], 100)
    with pytest.raises(Conflict) as error:
        services.referrals.claim(code_of(services), Friend(customer_id="ben2", email="ben@example.com"))
    assert error.value.reason == "already_referred"
    with pytest.raises(Conflict) as error:
        services.referrals.redeem(
            code_of(services), Friend(customer_id="cem", email="ana+2@example.com"), basket("c1"), Seen(device="cem")
        )
    assert (error.value.reason, points(services, "cem")) == ("self_referral", 0)
    assert services.referrals.tally("friends").count == 1


def test_an_order_below_the_minimum_does_not_count(services: Services) -> None:
    programme(services, minimum=Money(20_000, "EUR"))
    with pytest.raises(Conflict) as error:
        services.referrals.redeem(code_of(services), ben(), basket("b1"))
    assert error.value.reason == "below_minimum"
    claimed = services.referrals.claim(code_of(services), ben())
    bought(services, "ben", "b1")
    follow(services)
    assert services.referrals.get(claimed.id).state is ReferralState.CLAIMED


def test_points_that_were_spent_are_owed_when_the_order_comes_back(services: Services, clock: ManualClock) -> None:
    programme(services)
    bought(services, "ben", "b1")
    services.referrals.redeem(code_of(services), ben(), basket("b1"))
    services.points.adjust("ben", "spent", -60, "by hand", "tests")
    services.orders.add_event("b1", OrderEvent(type="cancelled", at=clock.now()))
    follow(services)
    assert points(services, "ben") == -60


def test_a_tier_is_reached_once_and_told(services: Services, clock: ManualClock) -> None:
    services.offers.add(offer())
    tiers = [
        ReferralTier(friends=1, points=7),
        ReferralTier(friends=3, offer="tenth"),
        ReferralTier(friends=4, points=9),
    ]
    programme(services, trigger="sign_up", tiers=tiers)
    for friend in ("ben", "cem", "dua"):
        services.referrals.claim(code_of(services), Friend(customer_id=friend))
    services.referrals.settle()
    services.referrals.settle()
    assert points(services, "ana") == 3 * 200 + 7
    assert sorted(one["friends"] for one in told(services, "ana", "referral_tier_reached")) == [1, 3]
    assert services.database["vouchers"].count_documents({"customer": "ana", "offer": "tenth"}) == 1
    services.referrals.claim(code_of(services), Friend(customer_id="eva"))
    services.referrals.settle()
    services.referrals.settle()
    assert points(services, "ana") == 4 * 200 + 7 + 9
    assert services.database["referral_tiers"].count_documents({}) == 3


def test_a_person_reads_why_writes_a_note_and_decides(services: Services) -> None:
    programme(services, friend_when="claim")
    services.referrals.redeem(code_of(services), Friend(customer_id="eve"), basket("e1"), Seen(payment="card"))
    doubtful = services.referrals.claim(code_of(services), ben(), Seen(payment="card"))
    assert (doubtful.state, doubtful.reasons) == (ReferralState.CLAIMED, ["same_payment"])
    assert points(services, "ben") == 0
    assert [one.id for one in MongoReferrals(services.database).page("", 10, state="review")] == [doubtful.id]
    services.referrals.note(doubtful.id, "desk", "They are a couple.")
    approved = services.referrals.approve(doubtful.id, "desk", "Asked them.")
    assert (approved.state, points(services, "ben")) == (ReferralState.CLAIMED, 100)
    assert [(one.by, one.text, one.did) for one in approved.notes] == [
        ("desk", "They are a couple.", ""),
        ("desk", "Asked them.", "approved"),
    ]
    assert MongoReferrals(services.database).page("", 10, state="review") == []
    with pytest.raises(Conflict):
        services.referrals.approve(doubtful.id)
    with pytest.raises(NotFound):
        services.referrals.note("nothing", "desk", "?")


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"friend_points": 0, "advocate_points": 0}, "friend_offer"),
        ({"friend_offer": "tenth"}, "friend_points"),
        ({"limits": Limits(money=Money(100, "EUR"))}, "friend_worth"),
        ({"tiers": [ReferralTier(friends=2)]}, "tiers.0.offer"),
        (
            {
                "limits": Limits(money=Money(100, "EUR")),
                "friend_worth": Money(1, "EUR"),
                "advocate_worth": Money(1, "EUR"),
                "tiers": [ReferralTier(friends=2, points=1)],
            },
            "tiers.0.worth",
        ),
        ({"tiers": [ReferralTier(friends=2, points=1), ReferralTier(friends=2, points=1)]}, "tiers"),
        ({"trigger": "sign_up", "minimum": Money(1, "EUR")}, "minimum"),
    ],
)
def test_a_programme_that_makes_no_sense_is_refused_by_its_field(fields: dict[str, Any], path: str) -> None:
    given = {"id": "f", "name": "F", "friend_points": 1, "advocate_points": 1, **fields}
    with pytest.raises(Invalid) as error:
        checked(ReferralProgramme(**given, created_at=ManualClock().now()))
    assert list(error.value.fields) == [path]


def test_a_programme_is_changed_by_whoever_read_it_last(services: Services, clock: ManualClock) -> None:
    made = programme(services)
    again = services.programmes.change(made, 1)
    assert (again.version, again.seed) == (2, made.seed)
    with pytest.raises(Stale):
        services.programmes.change(made, 1)
    # one from before there were versions
    services.database["referral_programmes"].update_one({"_id": "friends"}, {"$unset": {"version": ""}})
    assert services.programmes.change(made, 1).version == 2


def test_one_person_s_names_and_addresses_have_one_form() -> None:
    assert bare("A.Na+shop@googlemail.com".lower()) == bare("ana@gmail.com")
    assert bare("a.na@example.com") != bare("ana@example.com")
    assert name_form("Müller, Anna") == name_form("ANNA MUELLER") != ""
    assert name_form("Anna") == ""
    assert home_form("Müller-Straße 5, 10115 Berlin") == home_form("MUELLER STR. 5 10115 berlin") != ""
    assert home_form("Hauptstraße 5") == home_form("Hauptstr. 5")
    assert home_form("somewhere") == ""
    assert network("2001:db8::1") == network("2001:db8::ffff") != network("2001:db8:1::1")
    assert network("::ffff:192.0.2.1") == network(" 192.0.2.1 ") == "192.0.2.1"
    with pytest.raises(Invalid):
        network("nowhere")


def test_what_fraud_is_found_by_is_forgotten_in_time(services: Services, clock: ManualClock) -> None:
    programme(services, evidence_days=5)
    services.customers.upsert([Customer(id="ana", first_name="Ana", last_name="Silva")])
    seen = Seen(device="d", payment="p", ip="192.0.2.1")
    friend = ben(email="ben@example.com", name="Ben Silva", home="1 Harbour Lane")
    referral = services.referrals.redeem(code_of(services), friend, basket("b1"), seen)
    kept = repr(services.database["referrals"].find_one({}))
    assert not [one for one in ("192.0.2", "ben@", "Silva", "silva", "Harbour", "'d'", "'p'") if one in kept]
    assert services.referrals.forget() == 0
    clock.advance(5 * DAY)
    assert (services.referrals.forget(), services.referrals.forget()) == (1, 0)
    left: Referral = services.referrals.get(referral.id)
    assert (left.device, left.payment, left.ip, left.person, left.home, left.evidence_until) == ("",) * 5 + (None,)
    with pytest.raises(Conflict):
        services.referrals.claim(code_of(services), Friend(customer_id="ben2", email="ben@example.com"))

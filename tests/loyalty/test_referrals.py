"""Referrals: the friend's reward at once, the advocate's when the order has lasted, and what is suspicious."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from common.errors import Conflict, NotFound
from customers.customer import Customer
from customers.orders import OrderEvent
from loyalty.programme import Limits
from loyalty.referral import Friend, Referral, ReferralState, Seen
from loyalty.suspicion import rules
from tests.loyalty.makers import basket, bought, programme
from tests.support.clock import ManualClock
from wiring import Services

DAY = 86_400
ANA = {"first_name": "Ana", "addresses": {"email": ["ana@example.com"], "sms": ["+351912345678"]}}


@pytest.fixture
def code(services: Services) -> str:
    """Ana's code; she has bought before."""
    programme(services)
    bought(services, "ana", "a1", person=ANA)
    return services.referrals.codes_for("friends", ["ana"])["ana"]


def sent(services: Services, code: str, friend: str = "ben", order: str = "b1", **fields: Any) -> Referral:
    seen = Seen(**{name: fields.pop(name) for name in ("device", "payment", "ip") if name in fields})
    return services.referrals.redeem(code, Friend(customer_id=friend, **fields), basket(order), seen)


def refused(services: Services, code: str, friend: str = "ben", order: str = "b1", **fields: Any) -> str:
    with pytest.raises(Conflict) as error:
        sent(services, code, friend, order, **fields)
    return error.value.reason


def in_state(services: Services, state: str) -> list[Referral]:
    return list(services.referrals.page("", 100, state=state))


def vouchers_of(services: Services, customer: str) -> list[str]:
    return [voucher["_id"] for voucher in services.database["vouchers"].find({"customer": customer})]


def test_a_friend_is_rewarded_at_once_and_the_advocate_after_the_return_window(
    services: Services, code: str, clock: ManualClock
) -> None:
    bought(services, "ben", "b1")
    referral = sent(services, code)
    assert referral.state is ReferralState.PENDING
    assert vouchers_of(services, "ben") == [referral.friend_voucher]
    clock.advance(30 * DAY - 1)
    assert services.referrals.settle() == 0
    assert vouchers_of(services, "ana") == []
    clock.advance(1)
    assert services.referrals.settle() == 2  # decided, and paid
    assert services.referrals.settle() == 0
    [rewarded] = in_state(services, "rewarded")
    assert vouchers_of(services, "ana") == [rewarded.advocate_voucher]
    assert services.vouchers.get(rewarded.advocate_voucher).offer == "five"


def test_the_return_window_begins_with_the_order(services: Services, code: str, clock: ManualClock) -> None:
    bought(services, "ben", "b1", placed_at=clock.now() - timedelta(days=29))
    assert sent(services, code).due_at == clock.now() + timedelta(days=1)


def test_the_same_order_again_is_the_same_referral(services: Services, code: str) -> None:
    first = sent(services, code, email="ben@example.com")
    assert sent(services, code, email="ben@example.com") == first
    assert len(vouchers_of(services, "ben")) == 1


def test_the_advocate_s_campaigns_are_told_once(services: Services, code: str) -> None:
    referral = sent(services, code)
    sent(services, code)
    services.events.pump()
    [told] = [one for one in services.events.of_customer("ana", 50) if one.type == "referral_redeemed"]
    assert told.data == {"referral": referral.id, "programme": "friends", "friend": "ben", "order": "b1"}


@pytest.mark.parametrize(
    "friend",
    [
        {"friend": "ana"},
        {"email": "ana@example.com"},
        {"email": "ana+two@example.com"},
        {"phone": "+351912345678"},
    ],
)
def test_nobody_sends_themselves(services: Services, code: str, friend: dict[str, str]) -> None:
    assert refused(services, code, **friend) == "self_referral"


def test_somebody_who_has_bought_before_is_no_friend_by_id_or_address(services: Services, code: str) -> None:
    bought(services, "cem", "c1", person={"addresses": {"email": ["cem@example.com"]}})
    assert refused(services, code, "cem", "c2") == "existing_customer"
    assert refused(services, code, "new id", "c2", email="cem@example.com") == "existing_customer"


def test_the_friend_s_own_first_order_does_not_make_them_an_existing_customer(services: Services, code: str) -> None:
    bought(services, "ben", "b1", person={"addresses": {"email": ["ben@example.com"]}})
    assert sent(services, code, email="ben@example.com").state is ReferralState.PENDING


def test_a_friend_is_sent_once_by_whatever_name(services: Services, code: str) -> None:
    sent(services, code, email="ben@example.com", phone="+351911111111")
    assert refused(services, code, order="b2") == "already_referred"
    assert refused(services, code, "ben2", "b2", email="ben+x@example.com") == "already_referred"
    assert refused(services, code, "ben2", "b2", phone="+351911111111") == "already_referred"
    assert refused(services, code, "ben2", "b1") == "already_referred"


def test_friends_do_not_send_each_other_in_a_circle(services: Services, code: str) -> None:
    line = ["ana", "ben", "cem", "dua", "eva", "fay"]
    codes = services.referrals.codes_for("friends", line)
    for above, below in pairwise(line):
        sent(services, codes[above], below, f"order of {below}")
    services.database["customers"].update_one({"_id": "ana"}, {"$set": {"profile.orders": 0}})
    assert refused(services, codes["fay"], "ana", "a9") == "cycle"
    assert sent(services, codes["fay"], "gil", "g1").state is ReferralState.PENDING


def test_a_device_in_common_waits_for_a_person_who_lets_it_count(services: Services, code: str) -> None:
    sent(services, code, "ben", "b1", device="browser 1")
    doubtful = sent(services, code, "cem", "c1", device="browser 1")
    assert (doubtful.state, doubtful.reasons) == (ReferralState.REVIEW, ["same_device"])
    assert vouchers_of(services, "cem") == []
    assert [one.id for one in in_state(services, "review")] == [doubtful.id]
    approved = services.referrals.approve(doubtful.id)
    assert approved.state is ReferralState.PENDING
    assert vouchers_of(services, "cem") == [approved.friend_voucher]
    services.events.pump()
    assert len([one for one in services.events.of_customer("ana", 50) if one.type == "referral_redeemed"]) == 2


def test_a_person_may_say_no_and_the_friend_s_voucher_is_cancelled(services: Services, code: str) -> None:
    referral = sent(services, code, email="ben@example.com")
    rejected = services.referrals.reject(referral.id)
    assert (rejected.state, rejected.reasons, rejected.owing) == (ReferralState.REJECTED, ["by_hand"], None)
    assert services.vouchers.get(referral.friend_voucher).state == "cancelled"
    assert refused(services, code, order="b2") == "already_referred"
    with pytest.raises(Conflict):
        services.referrals.reject(referral.id)
    with pytest.raises(Conflict):
        services.referrals.approve(referral.id)


def test_who_was_rejected_does_not_come_again_by_the_same_device_or_card_under_another_name(
    services: Services, code: str
) -> None:
    by_hand = sent(services, code, "ben", "b1", email="ben@example.com", device="browser 1", payment="card 1")
    services.referrals.reject(by_hand.id)
    by_address = sent(services, code, "benny", "b2", email="ben+2@example.com")
    assert (by_address.state, by_address.reasons) == (ReferralState.REVIEW, ["rejected_before"])
    by_device = sent(services, code, "cem", "c1", device="browser 1")
    by_card = sent(services, code, "dua", "d1", payment="card 1")
    assert [(one.state.value, one.reasons) for one in (by_device, by_card)] == [
        ("review", ["same_device"]),
        ("review", ["same_payment"]),
    ]
    assert refused(services, code, "eva", "e1", email="x@mailinator.com", device="browser 2") == "disposable_email"
    assert sent(services, code, "fay", "f1", device="browser 2").reasons == ["same_device"]


def test_who_only_mistyped_a_code_or_met_a_limit_is_no_suspect(services: Services, code: str) -> None:
    bought(services, "gil", "g1")
    own = services.referrals.codes_for("friends", ["hal"])["hal"]
    assert refused(services, own, "hal", "h1", device="browser 3") == "self_referral"
    assert sent(services, code, "hal", "h1", device="browser 3").state is ReferralState.PENDING
    services.programmes.change(
        replace(services.programmes.get("friends"), limits=Limits(in_all=1)), services.programmes.get("friends").version
    )
    assert refused(services, code, "ida", "i1", device="browser 4") == "limit_in_all"
    services.programmes.change(
        replace(services.programmes.get("friends"), limits=Limits()), services.programmes.get("friends").version
    )
    assert sent(services, code, "jim", "j1", device="browser 4").state is ReferralState.PENDING


def test_there_is_nothing_to_decide_about_what_never_was(services: Services) -> None:
    for decide in (services.referrals.approve, services.referrals.reject):
        with pytest.raises(NotFound):
            decide("nothing")


@pytest.mark.parametrize("word", ["cancelled", "returned", "refunded"])
def test_an_order_undone_in_the_window_takes_the_reward_back(
    services: Services, code: str, clock: ManualClock, word: Any
) -> None:
    bought(services, "ben", "b1")
    referral = sent(services, code)
    services.orders.add_event("b1", OrderEvent(type=word, at=clock.now()))
    assert services.referrals.take_back(["b1"]) == 1
    assert services.referrals.take_back(["b1"]) == 0
    services.referrals.settle()
    [rejected] = in_state(services, "rejected")
    assert rejected.reasons == [f"order_{word}"]
    assert services.vouchers.get(referral.friend_voucher).state == "cancelled"
    clock.advance(31 * DAY)
    services.referrals.settle()
    assert vouchers_of(services, "ana") == []


def test_an_order_undone_unnoticed_is_noticed_when_the_window_ends(
    services: Services, code: str, clock: ManualClock
) -> None:
    bought(services, "ben", "b1")
    sent(services, code)
    services.orders.add_event("b1", OrderEvent(type="refunded", at=clock.now()))
    clock.advance(31 * DAY)
    services.referrals.settle()
    assert [one.reasons for one in in_state(services, "rejected")] == [["order_refunded"]]


def test_an_order_that_nobody_has_seen_is_not_paid_for_without_a_look(
    services: Services, code: str, clock: ManualClock
) -> None:
    referral = sent(services, code)
    clock.advance(31 * DAY)
    services.referrals.settle()
    assert [one.reasons for one in in_state(services, "review")] == [["order_unknown"]]
    services.referrals.approve(referral.id)
    services.referrals.settle()
    assert len(vouchers_of(services, "ana")) == 1
    assert len(vouchers_of(services, "ben")) == 1


def test_another_customer_s_order_is_not_paid_for_without_a_look(
    services: Services, code: str, clock: ManualClock
) -> None:
    bought(services, "cem", "b1")
    sent(services, code)
    clock.advance(31 * DAY)
    services.referrals.settle()
    assert [one.reasons for one in in_state(services, "review")] == [["order_of_another"]]


def test_what_was_refused_can_be_looked_at_and_bars_nobody(services: Services, code: str) -> None:
    bought(services, "cem", "c1")
    for _ in range(2):
        assert refused(services, code, "cem", "c2", email="shared@example.com") == "existing_customer"
    [kept] = in_state(services, "rejected")
    assert (kept.friend, kept.reasons, kept.traces) == ("cem", ["existing_customer"], None)
    assert sent(services, code, "ben", "b1", email="shared@example.com").state is ReferralState.PENDING


def test_what_is_owed_is_paid_by_whoever_comes_by_and_once(services: Services, code: str) -> None:
    referral = sent(services, code)
    services.database["referrals"].update_one(
        {"_id": referral.id}, {"$set": {"owing": ["friend"]}, "$unset": {"friend_voucher": ""}}
    )
    assert services.referrals.settle() == 1
    assert sent(services, code).friend_voucher == referral.friend_voucher
    assert vouchers_of(services, "ben") == [referral.friend_voucher]


def test_a_friend_s_landing_page_knows_both_rewards_and_a_first_name(services: Services, code: str) -> None:
    landing = services.referrals.landing(code.lower(), "de")
    assert (landing.programme, landing.advocate_first_name) == ("friends", "Ana")
    assert (landing.friend_reward, landing.advocate_reward) == ("10 % Rabatt", "5 € Rabatt")


def test_a_code_that_leads_nowhere_is_not_found(services: Services, code: str) -> None:
    services.database["referral_programmes"].update_one({"_id": "friends"}, {"$set": {"active": False}})
    with pytest.raises(NotFound):
        services.referrals.landing(code)
    assert refused(services, code) == "programme_ended"
    services.database["referral_codes"].delete_many({})
    with pytest.raises(NotFound):
        services.referrals.landing(code)
    with pytest.raises(NotFound):
        sent(services, code)


def test_every_customer_has_one_code_of_a_programme(services: Services, code: str) -> None:
    customers = [f"customer-{number}" for number in range(300)]
    codes = services.referrals.codes_for("friends", [*customers, "ana", "ana"])
    assert services.referrals.codes_for("friends", customers) == {name: codes[name] for name in customers}
    assert codes["ana"] == code
    assert len(set(codes.values())) == 301
    assert services.referrals.code_of(services.referrals.programme(), "ana") == code
    with pytest.raises(NotFound):
        services.referrals.code_of(services.referrals.programme("friends"), "nobody")


def test_there_is_no_newest_programme_where_there_is_none(services: Services) -> None:
    with pytest.raises(NotFound):
        services.referrals.programme()


def test_every_rule_says_what_it_means() -> None:
    assert set(rules()) == {
        "already_referred", "burst", "cycle", "disposable_email", "existing_customer", "same_device", "same_name",
        "rejected_before", "same_payment", "self_referral", "velocity_ip",
    }  # fmt: skip
    assert all(rule.sentence.endswith(".") for rule in rules().values())


def test_an_advocate_who_is_not_known_any_more_has_no_name(services: Services, code: str) -> None:
    services.customers.upsert([Customer(id="zoe")])
    services.database["customers"].delete_one({"_id": "ana"})
    assert services.referrals.landing(code).advocate_first_name == ""


def test_a_returned_order_takes_the_reward_back_without_anybody_asking(
    services: Services, code: str, clock: ManualClock
) -> None:
    bought(services, "ben", "b1")
    sent(services, code)
    assert services.orders.add_event("b1", OrderEvent(type="returned", at=clock.now()))
    services.events.pump()
    assert services.undoing.react() == 1
    assert services.undoing.react() == 0
    assert [referral.order for referral in in_state(services, "rejected")] == ["b1"]

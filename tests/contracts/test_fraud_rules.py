"""What every fraud rule must keep, whoever adds the next: it speaks of what is doubtful, and of no honest friend."""

from datetime import UTC, datetime

import pytest

from customers.customer import Customer
from loyalty.referral import Friend, Referral, ReferralState, traces_of
from loyalty.suspicion import Case, judge, rules

RULES = sorted(rules())
NOW = datetime(2026, 3, 2, tzinfo=UTC)
SEED = "programme"


def person(id: str) -> Customer:
    return Customer(id=id, addresses={"email": [f"{id}@example.com"], "sms": [f"+12125550{len(id):03}"]})


def referral(friend: str, device: str = "") -> Referral:
    """An earlier one in the same programme."""
    return Referral(
        id=f"r-{friend}",
        programme="p",
        code="ANA",
        advocate="ana",
        friend=friend,
        order=f"o-{friend}",
        order_total=2_000,
        currency="EUR",
        state=ReferralState.PENDING,
        at=NOW,
        due_at=NOW,
        traces=traces_of(SEED, Friend(customer_id=friend, email=f"{friend}@example.com")),
        device=device,
    )


BEN = Friend(customer_id="ben", email="ben@example.com", phone="+12125559999")
ANA = person("ana")
TRACES = traces_of(SEED, BEN)

HONEST = {
    "nothing is known of anybody": Case(friend=Friend(customer_id="ben"), advocate="ana"),
    "a new friend of a known advocate": Case(friend=BEN, advocate="ana", advocate_record=ANA, traces=TRACES),
    "a friend who has an account, and never bought": Case(
        friend=BEN, advocate="ana", kin=[person("ben")], earlier_orders={"ben": 0}, traces=TRACES
    ),
    "an advocate who buys a lot": Case(
        friend=BEN, advocate="ana", kin=[ANA], earlier_orders={"ana": 40}, advocate_record=ANA, traces=TRACES
    ),
    "an advocate who was sent by a third": Case(friend=BEN, advocate="ana", line=["cleo", "dan"], traces=TRACES),
    "another friend, from another device": Case(
        friend=BEN, advocate="ana", device="phone", like=[referral("eve", "laptop")], traces=TRACES
    ),
    "two friends of whom no device is known": Case(friend=BEN, advocate="ana", like=[referral("eve")], traces=TRACES),
    "an advocate without addresses, a friend without any": Case(
        friend=Friend(customer_id="ben"), advocate="ana", advocate_record=Customer(id="ana")
    ),
}

# What each rule is there for, by its name: at least one case for each.
DOUBTFUL = {
    "already_referred": {
        "sent by somebody else before": Case(friend=BEN, advocate="cleo", like=[referral("ben")], traces=TRACES),
        "a new id, the same mailbox": Case(
            friend=Friend(customer_id="ben2", email="ben@example.com"),
            advocate="ana",
            like=[referral("ben")],
            traces=traces_of(SEED, Friend(customer_id="ben2", email="ben@example.com")),
        ),
    },
    "cycle": {
        "the friend sent the advocate": Case(friend=BEN, advocate="ana", line=["ben"]),
        "the friend sent who sent the advocate": Case(friend=BEN, advocate="ana", line=["cleo", "ben"]),
    },
    "existing_customer": {
        "bought before": Case(friend=BEN, advocate="ana", kin=[person("ben")], earlier_orders={"ben": 1}),
        "bought before under another id": Case(
            friend=BEN, advocate="ana", kin=[person("old")], earlier_orders={"old": 3}
        ),
    },
    "same_device": {
        "two friends on one telephone": Case(
            friend=BEN, advocate="ana", device="phone", like=[referral("eve", "phone")], traces=TRACES
        ),
    },
    "self_referral": {
        "one id": Case(friend=Friend(customer_id="ana"), advocate="ana"),
        "one mailbox, with a plus": Case(
            friend=Friend(customer_id="x", email="ana+new@example.com"), advocate="ana", advocate_record=ANA
        ),
        "one telephone": Case(
            friend=Friend(customer_id="x", phone=ANA.addresses["sms"][0]), advocate="ana", advocate_record=ANA
        ),
    },
}


@pytest.mark.parametrize("name", RULES)
def test_it_says_what_it_is_and_what_comes_of_it(name: str) -> None:
    rule = rules()[name]
    assert rule.name == name
    assert rule.name.isidentifier()
    assert rule.verdict in ("block", "review")
    assert rule.sentence[:1].isupper()
    assert rule.sentence.endswith(".")


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("honest", HONEST)
def test_it_is_silent_about_an_honest_friend(name: str, honest: str) -> None:
    assert not rules()[name].fires(HONEST[honest])


@pytest.mark.parametrize("name", RULES)
def test_it_speaks_of_what_it_is_there_for(name: str) -> None:
    cases = DOUBTFUL.get(name, {})
    assert cases, f"Add to DOUBTFUL in {__file__} at least one case that {name!r} is there for."
    rule = rules()[name]
    assert [label for label, case in cases.items() if not rule.fires(case)] == []
    for case in cases.values():
        opinion = judge(case)
        assert name in (opinion.blocks if rule.verdict == "block" else opinion.reviews)


def test_there_is_no_case_of_a_rule_that_is_gone() -> None:
    assert sorted(DOUBTFUL) == RULES

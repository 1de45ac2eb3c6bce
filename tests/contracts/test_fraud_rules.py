"""What every fraud rule must keep, whoever adds the next: it speaks of what is doubtful, and of no honest friend."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from common.errors import Invalid
from customers.customer import Customer
from loyalty.evidence import Marks, marks_of, traces_of
from loyalty.referral import Friend, Referral, ReferralState, Seen
from loyalty.suspicion import Case, check_verdicts, judge, rules

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
        device=marks(device=device).device,
        payment=marks(payment=device).payment,
    )


def marks(**seen: str) -> Marks:
    """What a friend would be known again by."""
    person = {"name": seen.pop("name", ""), "home": seen.pop("home", "")}
    return marks_of(SEED, Friend(customer_id="", **person), Seen(**seen))


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
        friend=BEN, advocate="ana", marks=marks(device="phone"), like=[referral("eve", "laptop")], traces=TRACES
    ),
    "a brother, who lives with who sent him": Case(
        friend=BEN,
        advocate="ana",
        marks=marks(name="Ben Silva", home="Rua Nova 1, Porto", device="his"),
        advocate_marks=marks(name="Ana Silva", home="Rua Nova 1, Porto", device="hers"),
    ),
    "a friend of whom only one name is known": Case(
        friend=BEN, advocate="ana", marks=marks(name="Ana"), advocate_marks=marks(name="Ana")
    ),
    "somebody who forwards their mail": Case(
        friend=Friend(customer_id="ben", email="x1@privaterelay.appleid.com"), advocate="ana"
    ),
    "one of a class who told each other": Case(friend=BEN, advocate="ana", burst=15, same_ip=8),
    "two friends of whom no device is known": Case(friend=BEN, advocate="ana", like=[referral("eve")], traces=TRACES),
    "an advocate without addresses, a friend without any": Case(
        friend=Friend(customer_id="ben"), advocate="ana", advocate_record=Customer(id="ana")
    ),
}

# What each rule is there for, by its name: at least one case for each.
DOUBTFUL = {
    "burst": {"fifty within an hour": Case(friend=BEN, advocate="ana", burst=50)},
    "disposable_email": {
        "a mailbox for ten minutes": Case(friend=Friend(customer_id="x", email="x@mailinator.com"), advocate="ana"),
        "a part of such a domain": Case(friend=Friend(customer_id="x", email="x@a.mailinator.com"), advocate="ana"),
    },
    "velocity_ip": {"thirty from one network in a day": Case(friend=BEN, advocate="ana", same_ip=30)},
    "same_name": {
        "however it is written": Case(
            friend=BEN, advocate="ana", marks=marks(name="SILVA, Ana"), advocate_marks=marks(name="Ana Silva")
        ),
    },
    "same_payment": {
        "two friends with one card": Case(
            friend=BEN, advocate="ana", marks=marks(payment="card"), like=[referral("eve", "card")], traces=TRACES
        ),
        "the card of who sent them": Case(
            friend=BEN, advocate="ana", marks=marks(payment="card"), advocate_marks=marks(payment="card")
        ),
    },
    "already_referred": {
        "sent by somebody else before": Case(friend=BEN, advocate="cleo", like=[referral("ben")], traces=TRACES),
        "a new id, the same mailbox": Case(
            friend=Friend(customer_id="ben2", email="ben@example.com"),
            advocate="ana",
            like=[referral("ben")],
            traces=traces_of(SEED, Friend(customer_id="ben2", email="ben@example.com")),
        ),
    },
    "rejected_before": {
        "rejected by a person, back under a new id": Case(
            friend=BEN, advocate="ana", like=[replace(referral("benny"), traces=None, barred=TRACES)], traces=TRACES
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
            friend=BEN, advocate="ana", marks=marks(device="phone"), like=[referral("eve", "phone")], traces=TRACES
        ),
        "on the telephone of who sent them": Case(
            friend=BEN, advocate="ana", marks=marks(device="phone"), advocate_marks=marks(device="phone")
        ),
    },
    "self_referral": {
        "one id": Case(friend=Friend(customer_id="ana"), advocate="ana"),
        "one mailbox, with a plus": Case(
            friend=Friend(customer_id="x", email="ana+new@example.com"), advocate="ana", advocate_record=ANA
        ),
        "a new id, no address, the same person in the same house": Case(
            friend=BEN,
            advocate="ana",
            marks=marks(name="silva ana", home="RUA NOVA 1 porto"),
            advocate_marks=marks(name="Ana Silva", home="Rua Nova, 1. Porto"),
        ),
        "one mailbox, with dots": Case(
            friend=Friend(customer_id="x", email="a.n.a@gmail.com"),
            advocate="ana",
            advocate_record=Customer(id="ana", addresses={"email": ["ana@googlemail.com"]}),
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


def test_a_programme_may_overrule_a_verdict_but_a_network_alone_never_blocks() -> None:
    case = DOUBTFUL["same_device"]["two friends on one telephone"]
    assert judge(case, {"same_device": "block"}).blocks == ["same_device"]
    assert judge(case, {"same_device": "off"}) == judge(HONEST["nothing is known of anybody"])
    assert judge(DOUBTFUL["velocity_ip"]["thirty from one network in a day"]).blocks == []
    for wrong in ({"velocity_ip": "block"}, {"no such rule": "off"}, {"burst": "$ne"}):
        with pytest.raises(Invalid):
            check_verdicts(wrong)


def test_there_is_no_case_of_a_rule_that_is_gone() -> None:
    assert sorted(DOUBTFUL) == RULES

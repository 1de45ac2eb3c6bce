"""Which codes go together, by which rule not, and how they are reckoned."""

from typing import Any

import pytest

from common.money import Money
from loyalty.basket import Basket
from loyalty.facts import Asked
from loyalty.stacking import Beside, Stacking, clash
from tests.loyalty.makers import basket, code_for
from wiring import Services

A, B = {"groups": ["a"]}, {"groups": ["b"]}
BOTH: dict[str, Any] = {"groups": ["a", "b"]}


@pytest.mark.parametrize(
    ("mine", "others", "rule"),
    [
        ({}, [], None),
        ({}, [{}], None),
        ({"exclusive": True}, [], None),
        ({"exclusive": True}, [{}], "exclusive"),
        ({}, [{"exclusive": True}], "exclusive"),
        (A, [A], None),
        (A, [B], "stacking_group"),
        (A, [{}], "stacking_group"),
        ({}, [A], "stacking_group"),
        (A, [BOTH], None),
        (A, [A, B], "stacking_group"),
        ({"at_once": 2}, [{}], None),
        ({"at_once": 2}, [{}, {}], "too_many_codes"),
        ({}, [{}, {"at_once": 2}], "too_many_codes"),
        ({"at_once": 1}, [{}], "too_many_codes"),
    ],
)
def test_the_rule_by_which_offers_do_not_go_together(
    mine: dict[str, Any], others: list[dict[str, Any]], rule: str | None
) -> None:
    beside = [Beside(code=f"c{n}", offer=f"o{n}", stacking=Stacking(**one)) for n, one in enumerate(others)]
    found = clash("mine", Stacking(**mine), beside)
    assert (found.rule if found else None) == rule


def test_two_codes_of_one_offer_need_leave() -> None:
    for repeats, rule in ((False, "same_offer"), (True, None)):
        stacking = Stacking(repeats=repeats)
        found = clash("o", stacking, [Beside(code="c", offer="o", stacking=stacking)])
        assert (found.rule if found else None) == rule


def test_codes_are_reckoned_in_their_offers_order_each_on_what_is_left(services: Services) -> None:
    tenth = code_for(services, id="tenth", settings={"percent": 10})
    fixed = code_for(
        services,
        id="fixed",
        kind="amount",
        settings={"amount": {"amount": 2_000, "currency": "EUR"}},
        stacking=Stacking(order=5),
    )
    post = code_for(services, id="post", kind="free_shipping", settings={}, stacking=Stacking(order=200))
    asked = Asked(customer="ana", basket=Basket(id="o1", total=Money(10_500, "EUR"), shipping=500))
    tried = services.checkout.validate([tenth, post, fixed], asked)
    assert [(one.offer, one.discount.amount if one.discount else None) for one in tried.codes] == [
        ("fixed", 2_000), ("tenth", 850), ("post", 500),
    ]  # fmt: skip
    assert (tried.valid, tried.discount) == (True, Money(3_350, "EUR"))
    used = services.checkout.redeem([tenth, post, fixed], asked)
    assert [(one.offer, one.discount) for one in sorted(used, key=lambda one: one.turn)] == [
        ("fixed", 2_000), ("tenth", 850), ("post", 500),
    ]  # fmt: skip


def test_the_answer_says_which_code_does_not_go_and_by_which_rule(services: Services) -> None:
    alone = code_for(services, id="alone", stacking=Stacking(exclusive=True, order=1))
    tenth = code_for(services, id="tenth")
    tried = services.checkout.validate([tenth, alone], Asked(customer="ana", basket=basket()))
    assert not tried.valid
    assert [(one.offer, one.valid, one.reason, one.against) for one in tried.codes] == [
        ("alone", True, "", ""),
        ("tenth", False, "exclusive", alone),
    ]
    assert tried.discount == Money(1_000, "EUR")


def test_the_rules_hold_for_codes_that_come_one_by_one_too(services: Services) -> None:
    alone = code_for(services, id="alone", stacking=Stacking(exclusive=True))
    tenth = code_for(services, id="tenth")
    first = services.vouchers.redeem(tenth, "ana", basket())
    refused = services.vouchers.validate(alone, "ana", basket())
    assert (refused.reason, refused.against) == ("exclusive", tenth)
    services.vouchers.rollback(first.id)
    assert services.vouchers.validate(alone, "ana", basket()).valid
    services.vouchers.redeem(alone, "ana", basket())

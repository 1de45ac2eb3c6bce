"""Conditions and kinds of offers: who gets what off, and how a refusal is put."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from common.errors import Invalid, NotFound
from common.money import Money
from loyalty.basket import Basket
from loyalty.conditions import SENTENCES, Reason, Refused
from loyalty.offer import Budget, Conditions, Offer, checked
from tests.loyalty.makers import AT, basket, bought, code_for, offer
from wiring import Services

HOUR = timedelta(hours=1)
FIVE_EUROS = {"kind": "amount", "settings": {"amount": {"amount": 500, "currency": "EUR"}}}

# Each refusal with an offer that gives it, for ana's order of 100 euros; the clock stands at AT.
REFUSALS: list[tuple[str, dict[str, Any], Basket]] = [
    ("inactive", {"active": False}, basket()),
    ("not_yet_valid", {"valid_from": AT + HOUR}, basket()),
    ("expired", {"valid_until": AT}, basket()),
    ("expired", {"valid_from": AT - 2 * HOUR, "valid_until": AT - HOUR}, basket()),
    ("currency", FIVE_EUROS, basket(currency="USD")),
    ("currency", {"conditions": Conditions(currency="USD")}, basket()),
    ("currency", {"budget": Budget(money=Money(500, "USD"))}, basket()),
    ("minimum", {"conditions": Conditions(minimum=Money(10_001, "EUR"))}, basket()),
    ("products", {"conditions": Conditions(products=["p", "q"])}, basket("o1", 100, "EUR", "r")),
    ("products", {"conditions": Conditions(products=["p"])}, basket()),
    ("budget_money", {"budget": Budget(money=Money(999, "EUR"))}, basket()),
]


@pytest.mark.parametrize(("reason", "fields", "order"), REFUSALS)
def test_a_refusal_names_its_reason_alike_when_tried_held_and_used(
    services: Services, reason: str, fields: dict[str, Any], order: Basket
) -> None:
    code = code_for(services, "ana", **fields)
    verdict = services.vouchers.validate(code, "ana", order)
    assert (verdict.valid, verdict.reason, verdict.detail) == (False, reason, SENTENCES[Reason(reason)])
    for use in (services.vouchers.reserve, services.vouchers.redeem):
        with pytest.raises(Refused) as refused:
            use(code, "ana", order)
        assert refused.value.reason == reason
    assert services.offers.get("tenth").spent.uses == 0


@pytest.mark.parametrize(
    ("fields", "order"),
    [
        ({"valid_from": AT, "valid_until": AT + HOUR}, basket()),
        ({"conditions": Conditions(minimum=Money(10_000, "EUR"))}, basket()),
        ({"conditions": Conditions(products=["p", "q"])}, basket("o1", 100, "EUR", "q", "r")),
        ({"conditions": Conditions(first_order=True)}, basket()),
        ({"budget": Budget(uses=1, money=Money(1_000, "EUR"), per_customer=1)}, basket()),
        ({}, basket(total=5)),
        ({}, basket(total=10**12)),
    ],
)
def test_what_just_fulfils_the_conditions_is_given(services: Services, fields: dict[str, Any], order: Basket) -> None:
    code = code_for(services, "ana", **fields)
    assert services.vouchers.validate(code, "ana", order).valid
    services.vouchers.redeem(code, "ana", order)


def test_a_personal_code_is_refused_to_others(services: Services) -> None:
    code = code_for(services, "ana")
    assert services.vouchers.validate(code, "ben", basket()).reason == "other_customer"


def test_a_code_ends_so_many_days_after_it_was_issued(services: Services, clock: Any) -> None:
    code = code_for(services, "ana", valid_days=3)
    clock.advance(3 * 86_400 - 1)
    assert services.vouchers.validate(code, "ana", basket()).valid
    clock.advance(1)
    assert services.vouchers.validate(code, "ana", basket()).reason == "expired"
    assert services.vouchers.status(services.vouchers.get(code)).state == "expired"


def test_a_cancelled_code_is_refused(services: Services) -> None:
    code = code_for(services)
    cancelled = services.vouchers.cancel(code)
    assert (cancelled.state, services.vouchers.cancel(code)) == ("cancelled", cancelled)
    assert services.vouchers.validate(code, "ana", basket()).reason == "cancelled"
    assert services.vouchers.status(services.vouchers.get(code)).state == "cancelled"


def test_a_first_order_is_one_without_an_earlier_one_whether_or_not_it_is_known_already(services: Services) -> None:
    code = code_for(services, conditions=Conditions(first_order=True))
    bought(services, "ana", "o1")
    assert services.vouchers.validate(code, "ana", basket("o1")).valid
    assert services.vouchers.validate(code, "ana", basket("o2")).reason == "first_order"
    assert services.vouchers.validate(code, "nobody yet", basket("o2")).valid


def test_an_unknown_code_is_not_found(services: Services) -> None:
    code = code_for(services)
    services.database["vouchers"].delete_one({"_id": code})
    for use in (services.vouchers.validate, services.vouchers.reserve, services.vouchers.redeem):
        with pytest.raises(NotFound):
            use(code, "ana", basket())


def test_every_reason_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Reason)


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("kind", {"kind": "moon"}),
        ("settings.percent", {"settings": {"percent": 101}}),
        ("settings.percent", {"settings": {"percent": float("nan")}}),
        ("settings", {"settings": {"percent": 5, "$where": 1}}),
        ("conditions.currency", FIVE_EUROS | {"conditions": Conditions(minimum=Money(1, "USD"))}),
        ("valid_until", {"valid_from": AT, "valid_until": AT}),
    ],
)
def test_an_offer_that_makes_no_sense_is_refused_by_field(field: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        checked(offer(**fields))
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize(
    ("field", "build"),
    [
        ("order.total.currency", lambda: basket(currency="eu.r")),
        ("order.total.amount", lambda: basket(total=-1)),
        ("order.shipping", lambda: basket(total=5, shipping=6)),
        ("order.shipping", lambda: basket(total=5, shipping=-1)),
    ],
)
def test_a_basket_that_cannot_be_reckoned_with_is_refused_by_field(field: str, build: Any) -> None:
    with pytest.raises(Invalid) as refused:
        build()
    assert list(refused.value.fields) == [field]


def test_the_summary_says_the_minimum_and_has_plain_spaces() -> None:
    made: Offer = offer(settings={"percent": 12.5}, conditions=Conditions(minimum=Money(5_000, "EUR")))
    assert made.summary("en") == "12.5% off from €50"
    assert made.summary("de-AT") == "12,5 % Rabatt ab € 50"
    assert replace(made, conditions=Conditions()).summary("pt") == "12,5% de desconto"

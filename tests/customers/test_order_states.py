"""The words that shops write of an order's state are understood, or refused; none is taken for a good order unread."""

import pytest

from common.errors import Invalid
from customers.order_states import state_of
from customers.orders import OrderRow
from customers.refusals import Refused
from tests.support.rows import order_row

ORDER = {
    "order_id": "o1", "customer_id": "ana", "placed_at": "2026-01-31", "product_id": "cd", "quantity": "2",
    "unit_price": "12.50", "currency": "EUR",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", "stands"), ("wc-completed", "stands"), ("Partially_Refunded", "stands"), ("In Bearbeitung", "stands"),
        ("Terminée", "stands"), ("Fehlgeschlagen", "cancelled"), ("Abgebrochen", "cancelled"), ("voided", "cancelled"),
        ("Échouée", "cancelled"), ("Rückerstattet", "refunded"), ("Zahlung ausstehend", "unpaid"),
        ("wc-on-hold", "unpaid"), ("Pending  payment", "unpaid"), ("expired", "unpaid"), ("Devolvido", "returned"),
    ],
)  # fmt: skip
def test_a_word_is_known_whatever_its_case_accents_and_joints(text: str, meant: str) -> None:
    assert state_of(text) == meant


@pytest.mark.parametrize("text", ["Voorlopig", "paid?", "1", "not paid"])
def test_a_word_that_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        state_of(text)
    assert (list(refusal.value.fields), refusal.value.kind) == (["state"], "unknown_state")


@pytest.mark.parametrize(
    ("state", "events"),
    [("paid", []), ("Storniert", ["cancelled"]), ("Erstattet", ["refunded"]), ("returned", ["returned"])],
)
def test_a_state_is_what_happened_to_the_order(state: str, events: list[str]) -> None:
    row = order_row(ORDER | {"state": state})
    assert isinstance(row, OrderRow)
    assert [event.type for event in row.events] == events


@pytest.mark.parametrize("state", ["Zahlung ausstehend", "Voorlopig"])
def test_what_is_no_order_yet_or_is_not_understood_is_refused(state: str) -> None:
    with pytest.raises(Invalid) as refusal:
        order_row(ORDER | {"state": state})
    assert list(refusal.value.fields) == ["state"]

"""What every kind of offer must keep, whoever adds the next."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import Invalid
from common.money import Money
from customers.orders import Line
from loyalty.basket import Basket
from loyalty.conditions import Reason
from loyalty.kind import OfferKind, kinds, make
from tests.support.settings import settings_of

KINDS = sorted(kinds())
CURRENCIES = st.sampled_from(["EUR", "USD", "JPY"])
AMOUNTS = st.integers(0, 10**12)


@st.composite
def baskets(draw: st.DrawFn) -> Basket:
    total = draw(AMOUNTS)
    lines = draw(st.lists(st.builds(Line, product_id=st.just("p"), quantity=st.integers(1, 9), unit_price=AMOUNTS)))
    return Basket(id="o", total=Money(total, draw(CURRENCIES)), lines=lines, shipping=draw(st.integers(0, total)))


def offers(kind: str) -> st.SearchStrategy[OfferKind[Any]]:
    """A kind with any settings that it allows."""
    return settings_of(kinds()[kind].Settings).map(lambda settings: make(kind, settings))


@pytest.mark.parametrize("kind", KINDS)
def test_a_discount_is_never_less_than_nothing_nor_more_than_the_total_and_in_its_currency(kind: str) -> None:
    @given(offers(kind), baskets())
    def promise(offer: OfferKind[Any], basket: Basket) -> None:
        discount = offer.discount(basket)
        assert 0 <= discount.amount <= basket.total.amount
        assert discount.currency == basket.total.currency
        assert offer.discount(basket) == discount

    promise()


@pytest.mark.parametrize("kind", KINDS)
def test_what_else_it_gives_is_never_less_than_nothing_and_why_it_gives_nothing_has_a_word(kind: str) -> None:
    @given(offers(kind), baskets())
    def promise(offer: OfferKind[Any], basket: Basket) -> None:
        assert offer.lacks(basket) in {"", *(reason.value for reason in Reason)}
        assert offer.points(basket) >= 0
        assert offer.cost(basket).amount >= 0
        assert 0 <= offer.of_shipping(basket) <= offer.discount(basket).amount
        assert offer.asks(basket) >= ({offer.gift.product_id} if offer.gift else set())

    promise()


@pytest.mark.parametrize("kind", KINDS)
def test_a_summary_says_something_in_every_language_and_german_is_not_english(kind: str) -> None:
    @settings(max_examples=30)
    @given(offers(kind))
    def promise(offer: OfferKind[Any]) -> None:
        texts = {locale: offer.summary(locale) for locale in ("en", "de", "pt-BR", "xx", "")}
        assert all(text.strip() and not {"{", "}"} & set(text) for text in texts.values())
        assert texts["de"] != texts["en"]

    promise()


@pytest.mark.parametrize("kind", KINDS)
def test_a_setting_that_it_does_not_know_is_refused_by_name(kind: str) -> None:
    with pytest.raises(Invalid) as refused:
        make(kind, {"nonsense": 1})
    assert [path for path in refused.value.fields if path.startswith("settings")]


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_what_it_is_and_its_settings_have_a_schema(kind: str) -> None:
    assert kinds()[kind].about.endswith(".")
    assert msgspec.json.schema(kinds()[kind].Settings)

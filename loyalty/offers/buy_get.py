"""Buy so many, get so many."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import msgspec
from babel.numbers import format_percent

from common.money import Money, share
from customers.orders import Line
from loyalty.basket import Basket
from loyalty.kind import OfferKind, known, on_chosen, words
from loyalty.selection import Selection

MOST_PIECES = 100
MOST_TIMES = 10**6
TEXTS = {
    "en": "Buy {buy}, get {get} free",
    "de": "Kaufe {buy}, {get} gratis dazu",
    "es": "Compra {buy} y llévate {get} gratis",
    "fr": "{buy} achetés, {get} offerts",
    "pt": "Compre {buy}, leve {get} grátis",
}
CHEAPER = {
    "en": "Buy {buy}, get {percent} off {get} more",
    "de": "Kaufe {buy}, {percent} Rabatt auf {get} weitere",
    "es": "Compra {buy} y llévate {get} más con {percent} de descuento",
    "fr": "{buy} achetés, {percent} de réduction sur {get} de plus",
    "pt": "Compre {buy}, leve mais {get} com {percent} de desconto",
}

Pieces = Annotated[int, msgspec.Meta(ge=1, le=MOST_PIECES)]


class BuyGetSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who buys `buy` pieces of what is `bought` gets `get` pieces of what is `given` for nothing, `times` at most.

    Left out, `bought` is everything, `given` is the same as `bought`, `times` is as often as it fits. With `percent`,
    so much off them instead of all.
    """

    buy: Pieces
    get: Pieces = 1
    bought: Selection | None = None
    given: Selection | None = None
    percent: Annotated[float, msgspec.Meta(ge=0.01, le=100)] = 100.0
    times: Annotated[int, msgspec.Meta(ge=1, le=MOST_TIMES)] | None = None


class BuyGet(OfferKind[BuyGetSettings]):
    """The cheapest pieces that may be given are the free ones; a piece that is given is not one that was bought."""

    name: ClassVar[str] = "buy_get"
    about: ClassVar[str] = "Buy so many, get so many free, the cheapest ones; of the same or of other products."
    Settings: ClassVar[type[msgspec.Struct]] = BuyGetSettings

    def discount(self, basket: Basket) -> Money:
        """The prices of what is given, or the share of them."""
        prices = sum(price * pieces for price, pieces in self._given(basket))
        return basket.capped(share(prices, self.settings.percent))

    def summary(self, locale: str) -> str:
        """Like "Buy 2, get 1 free"."""
        own = self.settings
        if own.percent == 100:  # per cent
            text = words(TEXTS, locale).format(buy=own.buy, get=own.get)
        else:
            percent = format_percent(round(own.percent / 100, 4), locale=known(locale), decimal_quantization=False)
            text = words(CHEAPER, locale).format(buy=own.buy, get=own.get, percent=percent)
        return on_chosen(text, own.bought or own.given, locale)

    def asks(self, basket: Basket) -> frozenset[str]:
        """The basket's, where categories matter."""
        chosen = (self.settings.bought, self.settings.given)
        return basket.products if any(one is not None and one.asks_categories for one in chosen) else frozenset()

    def lacks(self, basket: Basket) -> str:
        """Enough pieces."""
        return "" if self._given(basket) else "too_few"

    def _given(self, basket: Basket) -> list[tuple[int, int]]:
        """Prices, and how many pieces of each are given: the cheapest ones that leave enough to be bought."""
        own = self.settings
        bought = basket.chosen(own.bought)
        given = bought if own.given is None else basket.chosen(own.given)
        both = [line for line in given if line in bought]
        only_bought, shared = _pieces(bought) - _pieces(both), _pieces(both)
        times = self._times(only_bought, _pieces(given) - shared, shared)
        # Of the pieces that would do for either, these are needed as bought ones.
        spare = shared - max(0, times * own.buy - only_bought)
        left, free = times * own.get, []
        for line in sorted(given, key=lambda line: line.unit_price):
            pieces = min(left, line.quantity, spare if line in both else line.quantity)
            spare -= pieces if line in both else 0
            left -= pieces
            free += [(line.unit_price, pieces)] if pieces else []
        return free

    def _times(self, only_bought: int, only_given: int, shared: int) -> int:
        """How often it fits: each piece counts as bought or as given."""
        own = self.settings
        low, high = 0, min(own.times or MOST_TIMES, (only_bought + shared) // own.buy, (only_given + shared) // own.get)
        while low < high:
            middle = (low + high + 1) // 2
            needed = max(0, middle * own.buy - only_bought) + max(0, middle * own.get - only_given)
            low, high = (middle, high) if needed <= shared else (low, middle - 1)
        return low


def _pieces(lines: Sequence[Line]) -> int:
    return sum(line.quantity for line in lines)

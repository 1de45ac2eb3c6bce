"""What a kind of offer is: one file in loyalty/offers/, found by scanning."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import msgspec
from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision

import loyalty.offers
from common.errors import Invalid
from common.kinds import scan
from common.money import Money
from loyalty.basket import Basket
from loyalty.selection import Selection

MOST = 10**12
_ITEM = re.compile(r"\[([0-9]+)\]")
_BRACES = str.maketrans("{}", "()")


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount of money in an offer's settings: more than nothing, in minor units, with an ISO 4217 code."""

    amount: Annotated[int, msgspec.Meta(gt=0, le=MOST)]
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]


Name = Annotated[str, msgspec.Meta(max_length=200)]


class Gift(msgspec.Struct, frozen=True, kw_only=True):
    """So many of a product for nothing."""

    product_id: str
    quantity: int = 1


S = TypeVar("S", bound=msgspec.Struct)


class OfferKind(ABC, Generic[S]):
    """A way to give something: a kind declares its `name` and `Settings`, and says what it is worth, and in words."""

    name: ClassVar[str]
    # One line for a person who chooses a kind.
    about: ClassVar[str]
    Settings: ClassVar[type[msgspec.Struct]]

    def __init__(self, settings: S) -> None:
        self.settings = settings

    @abstractmethod
    def discount(self, basket: Basket) -> Money:
        """What comes off this basket, in its currency: never less than nothing, never more than its total."""

    @abstractmethod
    def summary(self, locale: str) -> str:
        """What it gives, in a few words of this language; English where the language is not known."""

    @property
    def currency(self) -> str:
        """The only currency that it can be used in, or an empty text where it can be used in any."""
        return ""

    @property
    def asks_points(self) -> bool:
        """Whether it has to know what an order earns in points, and what they are worth."""
        return False

    @property
    def gift(self) -> Gift | None:
        """What goes into the parcel for nothing."""
        return None

    @property
    def cost_currency(self) -> str:
        """What its cost against a budget is said in, where the settings say so and it is no discount."""
        return ""

    def check(self) -> None:
        """Raise Invalid naming the setting that is wrong beside another, whatever each by itself may be."""
        return

    def asks(self, basket: Basket) -> frozenset[str]:
        """The ids of the products that it has to know."""
        return frozenset()

    def lacks(self, basket: Basket) -> str:
        """Why it has nothing to give for this basket: a Reason of loyalty/conditions.py, or an empty text."""
        return ""

    def points(self, basket: Basket) -> int:
        """The points that are credited when it is redeemed."""
        return 0

    def cost(self, basket: Basket) -> Money:
        """What it takes out of a budget of money: what comes off, or what else it is worth."""
        return self.discount(basket)

    def of_shipping(self, basket: Basket) -> int:
        """Which part of the discount is on the shipping, so that no other code takes it again."""
        return 0


def kinds() -> dict[str, type[OfferKind[Any]]]:
    """Every kind of offer by its name."""
    return dict(_scanned())


@cache
def _scanned() -> dict[str, type[OfferKind[Any]]]:
    return scan(loyalty.offers, OfferKind)  # type: ignore[type-abstract]  # only concrete ones are returned


def make(kind: str, settings: Mapping[str, Any]) -> OfferKind[Any]:
    """A kind with its settings; raises Invalid naming the setting that is wrong."""
    if kind not in _scanned():
        raise Invalid.field("kind", f"Must be one of: {', '.join(_scanned())}.", "not_one_of")
    chosen = _scanned()[kind]
    try:
        return chosen(msgspec.convert(settings, chosen.Settings))
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        raise Invalid.field("settings" + _ITEM.sub(r".\1", place.rstrip("`")), f"{message}.") from None


def money_text(amount: int, currency: str, locale: str) -> str:
    """An amount in minor units as people of this locale write it; whole amounts without their cents."""
    digits = get_currency_precision(currency)
    value = Decimal(amount).scaleb(-digits)
    if amount % 10**digits:
        return format_currency(value, currency, locale=known(locale))
    pattern = known(locale).currency_formats["standard"].pattern.replace("0.00", "0")
    return format_currency(value, currency, format=pattern, locale=known(locale), currency_digits=False)


@lru_cache(maxsize=256)  # babel looks into its folder each time, and locales are few
def known(locale: str) -> Locale:
    """The locale by its tag ("pt-BR", "pt_BR"), its language where the region is unknown, or English."""
    parts = locale.replace("_", "-").split("-")
    for tag in ("-".join(parts), parts[0], "en"):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("English is always known")  # pragma: no cover


def words(texts: Mapping[str, str], locale: str) -> str:
    """The text in this locale's language, or in English."""
    return texts.get(known(locale).language, texts["en"])


ON_CHOSEN = {
    "en": "{what} on selected products",
    "de": "{what} auf ausgewählte Artikel",
    "es": "{what} en productos seleccionados",
    "fr": "{what} sur une sélection d'articles",
    "pt": "{what} em produtos selecionados",
}


def on_chosen(what: str, only: Selection | None, locale: str) -> str:
    """The words, and that they are about some products only."""
    return what if only is None else words(ON_CHOSEN, locale).format(what=what)


def asked(only: Selection | None, basket: Basket) -> frozenset[str]:
    """The products that have to be known to tell which lines are meant."""
    return basket.products if only is not None and only.asks_categories else frozenset()


def missing(only: Selection | None, basket: Basket) -> str:
    """The reason where no line is meant although some should be."""
    return "products" if only is not None and not basket.chosen(only) else ""


def called(name: str, product: str) -> str:
    """What a product is called in a message: its name, or its id; one line, and no sign that a template would read."""
    return " ".join(name.split()).translate(_BRACES) or " ".join(product.split()).translate(_BRACES) or "?"

"""An offer: what is given, to whom, when, and how much of it in all."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from common.errors import Invalid
from common.ids import new_seed
from common.money import UNKNOWN_CURRENCY, Money, known_currencies
from loyalty.budgets import Alert, Spent, check_budget
from loyalty.budgets import Budget as Budget
from loyalty.hours import Hours
from loyalty.kind import OfferKind, make, money_text, words
from loyalty.redemption import Entry
from loyalty.stacking import Stacking

FROM = {"en": "{what} from {minimum}", "de": "{what} ab {minimum}", "es": "{what} desde {minimum}",
        "fr": "{what} dès {minimum}", "pt": "{what} a partir de {minimum}"}  # fmt: skip


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """What a basket and its buyer must fulfil; what is not set, everybody fulfils.

    `products`, `categories`: one of any of them is in the basket; `not_products`, `not_categories`: none of them is.
    `first_order`: the buyer has no earlier standing order. `segments`: the buyer is in one of them, and in none of
    `not_segments`. `channels`: where the order is placed, in the shop's own words. `hours`: at one of these times.
    """

    minimum: Money | None = None
    products: list[str] = []
    categories: list[str] = []
    not_products: list[str] = []
    not_categories: list[str] = []
    first_order: bool = False
    segments: list[str] = []
    not_segments: list[str] = []
    channels: list[str] = []
    hours: list[Hours] = []
    currency: str = ""

    @property
    def asks_categories(self) -> bool:
        """Whether the products of a basket have to be known."""
        return bool(self.categories or self.not_categories)


class Offer(msgspec.Struct, frozen=True, kw_only=True, rename={"id": "_id"}):
    """Something given. `valid_days` count from the day a voucher is issued; the earlier of both ends holds.

    `seed` is the secret its codes are derived from. `spent` and `open` are kept by the redemptions alone:
    `open` lists what has been taken from or is to be given back to the budget and is not yet settled. `alerts` are
    shares of the budget that somebody was told of. One with `deleted_at` is there for what it has given.
    """

    id: str
    name: str
    kind: str
    settings: dict[str, Any] = {}
    conditions: Conditions = Conditions()
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    valid_days: int | None = None
    budget: Budget = Budget()
    stacking: Stacking = Stacking()
    active: bool = True
    deleted_at: datetime | None = None
    seed: str = msgspec.field(default_factory=new_seed)
    spent: Spent = Spent()
    open: list[Entry] = []
    alerts: list[Alert] = []
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def gives(self) -> OfferKind[Any]:
        """The kind with this offer's settings."""
        return make(self.kind, self.settings)

    @property
    def currencies(self) -> frozenset[str]:
        """The currencies it insists on: none for any, and more than one is a mistake."""
        named = {self.gives.currency, self.conditions.currency}
        named |= {money.currency for money in (self.conditions.minimum, *self.budget.moneys) if money}
        return frozenset(named - {""})

    def ends(self, issued: datetime) -> datetime | None:
        """Until when a voucher issued now can be used, None for ever."""
        ends = [self.valid_until] if self.valid_until else []
        if self.valid_days is not None:
            ends.append(issued + timedelta(days=self.valid_days))
        return min(ends, default=None)

    def summary(self, locale: str) -> str:
        """What it gives, in a few words of this language, with plain spaces so that a text message stays cheap."""
        what = self.gives.summary(locale)
        minimum = self.conditions.minimum
        if minimum and minimum.amount:
            text = money_text(minimum.amount, minimum.currency, locale)
            what = words(FROM, locale).format(what=what, minimum=text)
        return what.replace("\u00a0", " ").replace("\u202f", " ")


def checked(offer: Offer) -> Offer:
    """The offer, if it makes sense; raises Invalid naming the field that does not."""
    offer.gives.check()
    _check_currencies(offer)
    currencies = offer.currencies
    if len(currencies) > 1:
        said = f"The offer names several currencies: {', '.join(sorted(currencies))}."
        raise Invalid.field("conditions.currency", said, "several_currencies")
    cost = offer.gives.cost_currency
    if cost and any(money.currency != cost for money in offer.budget.moneys):
        raise Invalid.field("settings.worth.currency", "The budget of money is in another currency.", "currency")
    if offer.valid_from and offer.valid_until and offer.valid_from >= offer.valid_until:
        raise Invalid.field("valid_until", "Must be later than valid_from.", "not_later")
    check_budget(offer.budget)
    return offer


def _check_currencies(offer: Offer) -> None:
    """Raise Invalid naming the first place that names a currency which there is not."""
    parts = {name: msgspec.to_builtins(getattr(offer, name)) for name in ("settings", "conditions", "budget")}
    for path, currency in _currencies(parts, ""):
        if currency and currency not in known_currencies():
            raise Invalid.field(path, f"There is no currency {currency!r}.", UNKNOWN_CURRENCY)


def _currencies(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every currency that is named in it, with where it stands."""
    named: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else ()
    for name, inner in enumerate(value) if isinstance(value, list) else named:
        place = f"{path}.{name}".lstrip(".")
        if name == "currency" and isinstance(inner, str):
            yield place, inner
        else:
            yield from _currencies(inner, place)


class Offers(Protocol):
    """The offers as they are kept."""

    def add(self, offer: Offer, by: str = "") -> None:
        """Keep a new one; raises Conflict where its id is taken. `by` says who wants it, for the list of changes."""
        ...

    def get(self, id: str) -> Offer:
        """One offer; raises NotFound, for a deleted one too."""
        ...

    def kept(self, id: str) -> Offer:
        """One offer, even if it was deleted; raises NotFound."""
        ...

    def page(self, after: str, limit: int) -> Sequence[Offer]:
        """A page in the order of ids."""
        ...

    def change(self, offer: Offer, expected_version: int, by: str = "") -> Offer:
        """Keep another definition; what is spent stays as it is. Raises Stale where the version no longer holds.

        `by` says who wants it, for the list of changes.
        """
        ...


class Budgets(Protocol):
    """What has been taken from the offers' budgets; each call is one update of one offer, and exact.

    An update that takes or gives leaves a mark among the offer's `open` entries, or takes one away, so that
    whoever finds an entry can tell whether its part has been done.
    """

    def take(self, offer: Offer, entry: Entry) -> bool:
        """Take the entry's use and money, if every limit allows, the definition is still this one, and nothing is open
        about the same redemption."""
        ...

    def intend(self, offer: str, entry: Entry) -> None:
        """Note that something is to be given back; nothing is given yet."""
        ...

    def give_back(self, offer: str, entry: Entry) -> bool:
        """Give back what the entry says and strike the entry; False where it is struck already."""
        ...

    def close(self, offer: str, entry: Entry) -> None:
        """Strike the entry; what it took stays taken."""
        ...

    def unsettled(self, before: datetime) -> Sequence[tuple[str, Entry]]:
        """Entries older than this, with their offers' ids."""
        ...

"""The more, the more off."""

from typing import Annotated, ClassVar

import msgspec
from babel.numbers import format_percent

from common.errors import Invalid
from common.money import Money, share
from loyalty.basket import Basket
from loyalty.kind import MOST, OfferKind, Price, asked, known, missing, money_text, on_chosen, words
from loyalty.selection import Selection

MOST_STEPS = 20
STEP = {
    "en": "{what} off from {least}",
    "de": "{what} Rabatt ab {least}",
    "es": "{what} de descuento desde {least}",
    "fr": "{what} de réduction dès {least}",
    "pt": "{what} de desconto a partir de {least}",
}


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"least": "from"}):
    """From this much on: either `percent` of it or an `amount` in minor units of the same currency."""

    least: Price
    percent: Annotated[float, msgspec.Meta(ge=0.01, le=100)] | None = None
    amount: Annotated[int, msgspec.Meta(gt=0, le=MOST)] | None = None


class TieredSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of the `steps` that are reached the highest one counts, for the whole; `at_most` bounds what comes off.

    `only` says which products are counted and reckoned on, all and the shipping where it is left out.
    """

    steps: Annotated[list[Step], msgspec.Meta(min_length=1, max_length=MOST_STEPS)]
    at_most: Price | None = None
    only: Selection | None = None


class Tiered(OfferKind[TieredSettings]):
    """Like 10 % from 50 euros and 15 % from 100 euros."""

    name: ClassVar[str] = "tiered"
    about: ClassVar[str] = "More off for more: such as 10 % from 50 euros, 15 % from 100 euros; or amounts."
    Settings: ClassVar[type[msgspec.Struct]] = TieredSettings

    def check(self) -> None:
        """One currency throughout, each step higher than the one before and giving one thing."""
        steps, most = self.settings.steps, self.settings.at_most
        for place, step in enumerate(steps):
            path = f"settings.steps.{place}"
            if (step.percent is None) == (step.amount is None):
                raise Invalid.field(path, "Say either `percent` or `amount`.")
            if step.least.currency != steps[0].least.currency:
                raise Invalid.field(f"{path}.from.currency", "Must be the currency of the first step.")
            if place and step.least.amount <= steps[place - 1].least.amount:
                raise Invalid.field(f"{path}.from.amount", "Must be more than that of the step before.")
        if most and most.currency != steps[0].least.currency:
            raise Invalid.field("settings.at_most.currency", "Must be the currency of the steps.")

    def discount(self, basket: Basket) -> Money:
        """What the highest step reached gives, rounded half up, within the cap."""
        worth = basket.worth_of(self.settings.only)
        step = self._reached(basket)
        if step is None:
            return basket.capped(0)
        off = share(worth, step.percent or 0) if step.amount is None else min(step.amount, worth)
        most = self.settings.at_most
        return basket.capped(min(off, most.amount) if most else off)

    def summary(self, locale: str) -> str:
        """Like "10% off from €50, 15% off from €100"."""
        return on_chosen(", ".join(_words(step, locale) for step in self.settings.steps), self.settings.only, locale)

    @property
    def currency(self) -> str:
        """That of the steps."""
        return self.settings.steps[0].least.currency

    def asks(self, basket: Basket) -> frozenset[str]:
        """The basket's, where categories matter."""
        return asked(self.settings.only, basket)

    def lacks(self, basket: Basket) -> str:
        """The chosen products, and the first step."""
        return missing(self.settings.only, basket) or ("" if self._reached(basket) else "minimum")

    def _reached(self, basket: Basket) -> Step | None:
        """The highest step that the basket reaches before any code takes something off it."""
        full = sum(line.quantity * line.unit_price for line in basket.chosen(self.settings.only))
        counted = full if self.settings.only else basket.total.amount
        reached = [step for step in self.settings.steps if step.least.amount <= counted]
        return max(reached, key=lambda step: step.least.amount, default=None)


def _words(step: Step, locale: str) -> str:
    least = money_text(step.least.amount, step.least.currency, locale)
    if step.amount is not None:
        what = money_text(step.amount, step.least.currency, locale)
    else:
        percent = round((step.percent or 0) / 100, 4)
        what = format_percent(percent, locale=known(locale), decimal_quantization=False)
    return words(STEP, locale).format(what=what, least=least)

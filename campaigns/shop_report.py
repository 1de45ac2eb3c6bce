"""The whole shop over a time: money by campaign, offer and channel, how often people were written to, and what those
bought who get no marketing at all.

Each order is credited once: to the message whose code it used, else to the latest one handed over to its customer
before it, if that is no longer ago than the campaign's attribution window.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from campaigns.campaign import Campaign, Campaigns
from campaigns.experiments.arms import Arm
from campaigns.experiments.draw import held_out_of_all
from campaigns.experiments.result import HOLDOUT, TREATED, Comparison, compare
from campaigns.tallies import Numbers, Pricing, arm_of
from campaigns.told import Order
from customers.shop import Shop

# The largest difference that such a comparison is asked to find, in percent of what the others buy.
DETECT = 5.0
PAGE = 250


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a campaign that was handed over to a customer."""

    id: str
    customer: str
    campaign: str
    channel: str
    at: datetime


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """The use of a code on an order that stands."""

    order: str
    offer: str
    campaign: str
    message: str
    discount: int
    order_total: int


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """So many messages of a campaign that a provider took, on a channel; of text messages, some attempts."""

    campaign: str
    channel: str
    provider: str
    count: int
    sample: list[tuple[str, str]] = []


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """From an instant on and before another; money in minor units of `currency`."""

    since: datetime
    until: datetime
    currency: str


class ShopFigures(Protocol):
    """What the database tells of a time."""

    def carried(self, period: Period) -> list[Carried]:
        """What was handed over of campaigns, by campaign, channel and provider."""
        ...

    def written_to(self, period: Period) -> dict[int, int]:
        """How many customers got so many marketing messages of campaigns; those who got none are left out."""
        ...

    def orders(self, period: Period, window: timedelta) -> Iterator[tuple[str, Order, Sequence[Letter]]]:
        """Each order that stands, with its customer, and the letters to them within the window before."""
        ...

    def uses(self, period: Period) -> list[Use]:
        """The uses of codes in that time that stand."""
        ...

    def spent(self, period: Period) -> Iterator[tuple[str, int]]:
        """Every customer with what their orders of that time come to."""
        ...


class OfferMoney(msgspec.Struct, frozen=True, kw_only=True):
    """What an offer's codes did: orders that used one, what those come to, and what came off."""

    offer: str
    used: int
    revenue: int
    discounts: int


class ShopReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything; `credited` are the orders of `by_campaign` together, `orders` and `revenue` all of the shop's.

    `names` are the campaigns', by their ids.
    """

    period: Period
    names: dict[str, str]
    orders: int
    revenue: int
    credited: Numbers
    by_campaign: dict[str, Numbers]
    by_channel: dict[str, Numbers]
    by_offer: list[OfferMoney]
    written_to: dict[int, int]
    treated: Arm | None
    holdout: Arm | None
    uplift: Comparison | None


class ShopReporter:
    """Makes reports of the whole shop."""

    def __init__(self, figures: ShopFigures, campaigns: Campaigns, pricing: Pricing) -> None:
        self._figures = figures
        self._campaigns = campaigns
        self._pricing = pricing

    def report(self, period: Period, shop: Shop) -> ShopReport:
        """The shop's figures of a time."""
        by_campaign: defaultdict[str, Numbers] = defaultdict(Numbers)
        by_channel: defaultdict[str, Numbers] = defaultdict(Numbers)
        credited = Numbers()
        for row in self._figures.carried(period):
            for numbers in (credited, by_campaign[row.campaign], by_channel[row.channel]):
                _carry(numbers, row)
        uses = self._figures.uses(period)
        of_order = {use.order: use for use in uses if use.campaign}
        campaigns = list(self._every())
        windows = {one.id: timedelta(days=one.limits.attribution_days) for one in campaigns}
        longest = max(windows.values(), default=timedelta(0))
        all_orders = revenue = 0
        for _, order, letters in self._figures.orders(period, longest):
            all_orders, revenue = all_orders + 1, revenue + order.total
            if found := credit(order, letters, windows, of_order.get(order.id)):
                for numbers in (credited, by_campaign[found.campaign], by_channel[found.channel]):
                    numbers.orders += 1
                    numbers.revenue += order.total
        for use in of_order.values():
            credited.discounts += use.discount
            by_campaign[use.campaign].discounts += use.discount
        for numbers in (credited, *by_campaign.values(), *by_channel.values()):
            self._pricing.price(numbers, period.currency, shop.margin_percent)
        treated, holdout, uplift = self._held_out(period, shop)
        return ShopReport(
            period=period,
            names={one.id: one.name for one in campaigns},
            orders=all_orders,
            revenue=revenue,
            credited=credited,
            by_campaign=dict(by_campaign),
            by_channel=dict(by_channel),
            by_offer=_offers(uses),
            written_to=self._figures.written_to(period),
            treated=treated,
            holdout=holdout,
            uplift=uplift,
        )

    def _every(self) -> Iterator[Campaign]:
        page = self._campaigns.page("", PAGE)
        while page:
            yield from page
            page = self._campaigns.page(page[-1].id, PAGE)

    def _held_out(self, period: Period, shop: Shop) -> tuple[Arm | None, Arm | None, Comparison | None]:
        """What those bought who get no marketing at all, and all others; anybody may look at any time."""
        if not shop.holdout_percent:
            return None, None, None
        sums: dict[str, Counter[str]] = {TREATED: Counter(), HOLDOUT: Counter()}
        for customer, spent in self._figures.spent(period):
            held = held_out_of_all(shop.holdout_draw, customer, shop.holdout_percent)
            sums[HOLDOUT if held else TREATED].update(
                customers=1, buyers=spent > 0, revenue=spent, squares=spent * spent
            )
        treated, holdout = arm_of(sums[TREATED]), arm_of(sums[HOLDOUT])
        if not treated.customers or not holdout.customers:
            return treated, holdout, None
        return treated, holdout, compare(TREATED, treated, HOLDOUT, holdout, "always_valid", DETECT)


def credit(order: Order, letters: Sequence[Letter], windows: Mapping[str, timedelta], use: Use | None) -> Letter | None:
    """The message that an order is credited to: the one whose code it used, else the latest before it in time."""
    by_code = [letter for letter in letters if use is not None and letter.id == use.message]
    before = [
        letter for letter in letters if letter.at <= order.at < letter.at + windows.get(letter.campaign, timedelta(0))
    ]
    return next(iter(by_code), None) or max(before, key=lambda letter: (letter.at, letter.id), default=None)


def _carry(numbers: Numbers, row: Carried) -> None:
    numbers.counts["handed_over"] += row.count
    numbers.carried[row.provider, row.channel] += row.count
    numbers.sample = [*numbers.sample, *row.sample]


def _offers(uses: Iterable[Use]) -> list[OfferMoney]:
    by_offer: defaultdict[str, list[Use]] = defaultdict(list)
    for use in uses:
        by_offer[use.offer].append(use)
    return [
        OfferMoney(
            offer=offer,
            used=len(theirs),
            revenue=sum(use.order_total for use in theirs),
            discounts=sum(use.discount for use in theirs),
        )
        for offer, theirs in sorted(by_offer.items())
    ]

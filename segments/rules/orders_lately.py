"""The orders of a window of time: how many, for how much, of what, with which voucher, in which state."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Any, ClassVar, get_args

import msgspec

from customers.orders import OrderState
from segments.beside import COUNT, ORDERS, Limits, OverRows, Rows
from segments.currencies import Currency, check_currency
from segments.ranges import DAY, Count, Days, check_limits, check_window, plural
from segments.rule import Beside, Filter, Row, Settings, Stage, Texts

Orders = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
States = Annotated[list[OrderState], msgspec.Meta(min_length=1, max_length=len(get_args(OrderState)))]
STANDING = {"$ne": "cancelled"}
SPENT = "spent"
# A path through an array ("lines.product_id") is not understood by every server; a map is.
PRODUCTS = {"$map": {"input": {"$ifNull": ["$lines", []]}, "as": "line", "in": "$$line.product_id"}}


class Window(Settings, frozen=True):
    """A window: the last `days` days, but for the last `skip_days`; or the days from `since` to `until`, both inside.

    Of its orders those count that hold one of `products` or a product of one of `categories`, used one of
    `vouchers`, and are in one of `states` (unless given, all but cancelled). There must be `at_least` (1) and `at_most`
    so many, and they must come to `spent_at_least` and `spent_at_most` minor units of `currency`, less refunds.
    """

    days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] | None = None
    skip_days: Days = 0
    since: date | None = None
    until: date | None = None
    at_least: Orders = 1
    at_most: Orders | None = None
    currency: Currency | None = None
    spent_at_least: Count | None = None
    spent_at_most: Count | None = None
    products: Texts | None = None
    categories: Texts | None = None
    vouchers: Texts | None = None
    states: States | None = None

    def __post_init__(self) -> None:
        """Refuse a window that there is not, limits that nothing can lie between, and money of no currency."""
        if (self.days is None) == (self.since is None):
            raise ValueError("Give either `days` or `since`.")
        if self.days is not None and (self.until is not None or self.skip_days >= self.days):
            raise ValueError("Beside `days` stand `skip_days`, which are fewer, and no `until`.")
        if self.since is not None and self.skip_days:
            raise ValueError("`skip_days` stand beside `days`; beside `since` stands `until`.")
        check_window(self.since, self.until)
        check_limits(self.at_least, self.at_most)
        if self.currency is not None:
            check_currency(self.currency)
        if self.spent_at_least is not None or self.spent_at_most is not None:
            check_limits(self.spent_at_least, self.spent_at_most, "spent_")
            if self.currency is None:
                raise ValueError("Say by `currency` in which money `spent_at_least` and `spent_at_most` are.")


class OrdersLately(OverRows):
    """Counts the orders themselves, since the profile keeps no dates but the first and the last."""

    name = "orders_lately"
    group = "purchases"
    summary = "They placed so many orders, or spent so much, within a window of time; of these products if need be."
    Settings = Window
    settings: Window
    sums: ClassVar[dict[str, Any]] = {SPENT: {"$subtract": ["$total", {"$ifNull": ["$refunded", 0]}]}}
    examples: ClassVar[list[dict[str, Any]]] = [
        {"days": 90},
        {"days": 365, "at_least": 2},
        {"days": 365, "products": ["tea", "mug"]},
        {"days": 400, "skip_days": 60, "at_most": 1},
        {"days": 400, "currency": "EUR", "spent_at_least": 100},
        {"since": "2025-01-01", "until": "2025-12-31", "categories": ["drinks"]},
        {"days": 400, "vouchers": ["WELCOME"], "states": ["placed", "delivered"]},
        {"since": "2024-12-01", "states": ["cancelled", "returned"]},
    ]

    @property
    def index(self) -> str:
        """The orders by the day they were placed on."""
        return "orders.placed_at"

    @property
    def rows(self) -> Rows:
        """The orders."""
        return ORDERS

    def wanted(self, now: datetime) -> Filter:
        """Those in the window, of this kind."""
        start, end = self._window(now)
        wanted: Filter = {"placed_at": {"$gte": start, **({"$lt": end} if end else {})}, "state": self._state()}
        if self.settings.currency:
            wanted["currency"] = {"$eq": self.settings.currency}
        if self.settings.products:
            wanted["lines.product_id"] = {"$in": self.settings.products}
        if self.settings.vouchers:
            wanted["vouchers"] = {"$in": self.settings.vouchers}
        return wanted

    def further(self, now: datetime) -> list[Stage]:
        """An order does not say the categories of its products; the catalogue does."""
        if not self.settings.categories:
            return []
        inside = [{"$match": {"categories": {"$in": self.settings.categories}}}, {"$project": {"_id": 1}}]
        of_lines = {"localField": "_products", "foreignField": "_id", "as": "_of_category", "pipeline": inside}
        return [
            {"$set": {"_products": PRODUCTS}},
            {"$lookup": {"from": "products", **of_lines}},
            {"$match": {"_of_category.0": {"$exists": True}}},
        ]

    def counts(self, row: Row, now: datetime, beside: Beside) -> bool:
        """In the window, and of this kind."""
        start, end = self._window(now)
        settings, state = self.settings, row.get("state", "placed")
        products = {line["product_id"] for line in row.get("lines", [])}
        return (
            start <= row["placed_at"]
            and (end is None or row["placed_at"] < end)
            and (state in settings.states if settings.states else state != "cancelled")
            and settings.currency in (None, row["currency"])
            and (not settings.products or not products.isdisjoint(settings.products))
            and (not settings.vouchers or not set(row.get("vouchers", [])).isdisjoint(settings.vouchers))
            and (not settings.categories or not products.isdisjoint(self._of_category(beside)))
        )

    def amounts(self, row: Row) -> dict[str, int]:
        """What was paid and not given back."""
        return {SPENT: row["total"] - row.get("refunded", 0)}

    def limits(self) -> dict[str, Limits]:
        """How many orders, and for how much."""
        count = (self.settings.at_least, self.settings.at_most)
        spent = (self.settings.spent_at_least, self.settings.spent_at_most)
        return {COUNT: count} | ({SPENT: spent} if spent != (None, None) else {})

    def words(self, found: dict[str, int]) -> str:
        """How many such orders, and where money was asked for how much."""
        spent = f", for {found[SPENT]} {self.settings.currency} (minor units)" if self.settings.currency else ""
        return f"They placed {plural(found[COUNT], 'such order')} {self._when()}{spent}."

    def _state(self) -> Filter:
        """An order's state, which is kept only where it is no longer the first."""
        if not self.settings.states:
            return STANDING
        first: list[str | None] = [None] if "placed" in self.settings.states else []
        return {"$in": [*self.settings.states, *first]}

    def _window(self, now: datetime) -> tuple[datetime, datetime | None]:
        if self.settings.since is not None:
            last = self.settings.until
            return _midnight(self.settings.since), _midnight(last) + DAY if last else None
        skipped = self.settings.skip_days
        return now - (self.settings.days or 0) * DAY, now - skipped * DAY if skipped else None

    def _when(self) -> str:
        if self.settings.since is not None:
            return f"since {self.settings.since}" + (f" until {self.settings.until}" if self.settings.until else "")
        skipped = f", leaving out the last {self.settings.skip_days}" if self.settings.skip_days else ""
        return f"in the last {plural(self.settings.days or 0, 'day')}{skipped}"

    def _of_category(self, beside: Beside) -> set[str]:
        wanted = set(self.settings.categories or ())
        return {one["_id"] for one in beside.get("products", ()) if not wanted.isdisjoint(one.get("categories", []))}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

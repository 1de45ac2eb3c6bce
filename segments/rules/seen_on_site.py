"""What a customer did on the shop's site."""

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

import msgspec

from segments.beside import COUNT, EVENTS, Limits, OverRows, Rows
from segments.ranges import plural
from segments.rule import Beside, Filter, Row, Settings, Stage, Texts

Type = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern="^[a-z][a-z0-9_]*$")]


class Seen(Settings, frozen=True):
    """An event's type (`product_viewed`, `cart_updated`, or a name of the shop's own), so often within so many days.

    With `products` or `categories`, only events about one of these products, or a product of these categories, count.
    """

    type: Type = "product_viewed"
    days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] = 30
    at_least: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    products: Texts | None = None
    categories: Texts | None = None


class SeenOnSite(OverRows):
    """By the events that the shop's site reports; one is about a product where its `data` says `product`."""

    name = "seen_on_site"
    group = "site"
    summary = "They looked at a product, had it in their cart, or did anything else on the site, within the last days."
    Settings = Seen
    settings: Seen
    examples: ClassVar[list[dict[str, Any]]] = [
        {"days": 90},
        {"type": "cart_updated", "days": 60, "at_least": 2},
        {"days": 400, "products": ["tea", "mug"]},
        {"days": 400, "categories": ["drinks"]},
        {"type": "wishlist", "days": 365},
    ]

    @property
    def rows(self) -> Rows:
        """The events."""
        return EVENTS

    def wanted(self, now: datetime) -> Filter:
        """Events of this type, of the last days."""
        wanted: Filter = {"at": {"$gte": self._since(now)}, "type": {"$eq": self.settings.type}}
        if self.settings.products:
            wanted["data.product"] = {"$in": self.settings.products}
        return wanted

    def further(self, now: datetime) -> list[Stage]:
        """An event does not say the categories of its product; the catalogue does."""
        if not self.settings.categories:
            return []
        inside = [{"$match": {"categories": {"$in": self.settings.categories}}}, {"$project": {"_id": 1}}]
        of_product = {"localField": "data.product", "foreignField": "_id", "as": "_of_category", "pipeline": inside}
        return [{"$lookup": {"from": "products", **of_product}}, {"$match": {"_of_category.0": {"$exists": True}}}]

    def counts(self, row: Row, now: datetime, beside: Beside) -> bool:
        """Of this type and about this product, in the last days."""
        product = row.get("data", {}).get("product")
        return (
            row["type"] == self.settings.type
            and row["at"] >= self._since(now)
            and (not self.settings.products or product in self.settings.products)
            and (not self.settings.categories or product in self._of_category(beside))
        )

    def limits(self) -> dict[str, Limits]:
        """How often."""
        return {COUNT: (self.settings.at_least, None)}

    def words(self, found: dict[str, int]) -> str:
        """How often."""
        times, days = plural(found[COUNT], "such event"), plural(self.settings.days, "day")
        return f"The site told of {times} in the last {days}."

    def _since(self, now: datetime) -> datetime:
        return now - timedelta(days=self.settings.days)

    def _of_category(self, beside: Beside) -> set[str]:
        wanted = set(self.settings.categories or ())
        return {one["_id"] for one in beside.get("products", ()) if not wanted.isdisjoint(one.get("categories", []))}

"""How an audience is fetched: up to three walks inside the database, put together."""

from collections.abc import Sequence
from typing import Any

import msgspec

Stage = dict[str, Any]

CUSTOMERS = "customers"


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """Stages over `collection` that end in whole customers.

    `head` leaves a document a candidate, under the customer's id; the candidates are put in order before `tail`, so
    that whatever is slow is done as they are asked for. `count` stands in for `tail` where they are only counted.
    """

    collection: str = CUSTOMERS
    head: list[Stage]
    tail: list[Stage] = []
    count: list[Stage] | None = None

    def counting(self) -> list[Stage]:
        """Stages that leave one document for each who matches."""
        return [*self.head, *(self.tail if self.count is None else self.count)]

    def reading(self, after: str = "", last: Sequence[Stage] = ()) -> list[Stage]:
        """Stages that leave whole customers in the order of ids, those after an id; `last` is done to each of them."""
        later: list[Stage] = [{"$match": {"_id": {"$gt": after}}}] if after else []
        # Over customers the ids narrow the search; over anything else there are no customers' ids before its head.
        first = [*later, *self.head] if self.collection == CUSTOMERS else [*self.head, *later]
        ordered: Stage = {"$sort": {"_id": 1}}
        # What is left out of customers before they are put in order need not be carried.
        return [*first, ordered, *self.tail, *last] if self.tail else [*first, *last, ordered]


class Each(msgspec.Struct, frozen=True, kw_only=True):
    """The same people found customer by customer: what is slow for all, and quick where few are to be tried.

    `early` leaves those worth trying, by their own documents; `tried` looks up what else is needed of each.
    """

    early: list[Stage]
    tried: list[Stage]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The people of `base` and of `more`, who are others, but for those of `less`, who are all of `base`.

    What customers' own documents answer is `base`; what rows of other collections add to it and take away from it
    are `more` and `less`. Without rows there is `base` alone, and no `each`.
    """

    base: Walk | None = None
    more: Walk | None = None
    less: Walk | None = None
    each: Each | None = None

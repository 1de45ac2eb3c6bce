"""What campaigns have used up of their budgets, in MongoDB: one document a campaign."""

from collections.abc import Sequence
from itertools import accumulate

from messaging.spending import THOUSAND, Limit
from storage.mongo import Mongo
from storage.writes import insert_new

_TRIES = 50


class MongoSpending:
    """Counts by compare-and-set, so that no two workers take the same room."""

    def __init__(self, database: Mongo) -> None:
        self._spending = database["campaign_spending"]

    def take(self, campaign: str, costs: Sequence[int], limit: Limit) -> int:
        """Use up the costs of as many messages, from the first on, as there is room for; how many those are."""
        for _ in range(_TRIES):
            messages, money = self.spent(campaign)
            room = len(costs) if limit.messages is None else max(0, min(len(costs), limit.messages - messages))
            if limit.money is not None:
                left = limit.money * THOUSAND - money
                room = sum(total <= left for total in accumulate(costs[:room]))
            if not room:
                return 0
            same = {"_id": campaign, "messages": messages, "money": money}
            used = {"$inc": {"messages": room, "money": sum(costs[:room])}}
            if self._spending.update_one(same, used).modified_count:
                return room
        return 0

    def give_back(self, campaign: str, costs: Sequence[int]) -> None:
        """What was taken for messages that were certainly not handed over."""
        if costs:
            self._spending.update_one({"_id": campaign}, {"$inc": {"messages": -len(costs), "money": -sum(costs)}})

    def so_far(self, campaign: str) -> tuple[int, int]:
        """The same as `spent`, for who only looks."""
        found = self._spending.find_one({"_id": campaign})
        return (found["messages"], found["money"]) if found else (0, 0)

    def spent(self, campaign: str) -> tuple[int, int]:
        """Messages, and money in thousandths of a minor unit."""
        found = self._spending.find_one({"_id": campaign})
        if found is None:
            insert_new(self._spending, [{"_id": campaign, "messages": 0, "money": 0}])
            return 0, 0
        return found["messages"], found["money"]

"""What runs gave a customer, read from the messages that they planned."""

from typing import Any

from campaigns.experiments.result import HOLDOUT, TREATED
from campaigns.experiments.told import Given
from messaging.message import State
from storage.mongo import Document, Mongo

INDEXES: list[Any] = []


class MongoGivings:
    """Reads messages; keeps nothing."""

    def __init__(self, database: Mongo) -> None:
        self._messages = database["messages"]

    def given(self, campaign: str, customer: str, run: str = "") -> list[Given]:
        """What a customer's messages of a campaign say, of one run where it is named; the latest first."""
        wanted: Document = {"customer": customer, "campaign": campaign, **({"run": run} if run else {})}
        found = self._messages.find(wanted, dict.fromkeys(("run", "planned_at", "variant", "state", "reason"), 1))
        return sorted((_given(one) for one in found), key=lambda one: one.at, reverse=True)


def _given(message: Document) -> Given:
    held = message["state"] == State.HELD_OUT
    variant = HOLDOUT if held else message.get("variant") or TREATED
    return Given(run=message["run"], at=message["planned_at"], variant=variant, reason=message.get("reason", ""))

"""Steps in a row, and who may go them: what a campaign says of journeys.

A *journey* is one customer's way through one campaign: each step waits, looks whether it is still meant, and writes.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import msgspec

# Ends a journey early: an order, a use of a code, a reply, being out of the campaign's segment.
Exit = Literal["ordered", "redeemed", "left_segment", "replied"]
# Who may enter again: as is usual for the trigger, who has left, who entered some days ago, nobody, everybody at any
# time (each occasion has a journey of its own), or everybody, from the beginning (who is inside starts again).
Reentry = Literal["by_trigger", "left", "after", "never", "always", "restart"]
# What the message before must have come to, for a step to be taken.
Previous = Literal["", "opened", "not_opened", "clicked", "not_clicked"]
MOST = 20


class JourneyStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step; what is left out is as the campaign says, and its variant where it has any.

    `wait_minutes` are counted from the entry, or from when the step before was taken. The step is for those who are in
    `segment` then, and whose message before came to `if_previous`; for others it is passed over or, with `otherwise`
    "end", it ends the journey. It goes by no other than its `channels`, in the order of the customer's liking.
    """

    wait_minutes: int = 0
    template: str = ""
    offer: str = ""
    channels: list[str] = []
    segment: str = ""
    if_previous: Previous = ""
    otherwise: Literal["pass", "end"] = "pass"

    @property
    def wait(self) -> timedelta:
        """How long after the one before."""
        return timedelta(minutes=self.wait_minutes)


class JourneyRules(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who may enter again, what ends a journey early, and how often.

    Somebody enters again when they have `left`, and with `after` so many days since they entered, too; `never`;
    `always`, beside the journeys they are on, one for each occasion; or to `restart` the one that they are on.
    With `every_hours`, one person is let in by campaigns with this kind of trigger at most once in so many hours,
    whichever campaign it was.
    """

    exits: list[Exit] = []
    reentry: Reentry = "by_trigger"
    reentry_days: int = 0
    every_hours: int = 0


def wrongs(steps: Sequence[JourneyStep], rules: JourneyRules, segment: str) -> dict[str, list[str]]:
    """What makes no sense of steps and rules, by field."""
    wrong: dict[str, list[str]] = {}
    if rules.reentry == "after" and not rules.reentry_days:
        wrong["journey.reentry_days"] = ["Say after how many days."]
    if rules.reentry != "after" and rules.reentry_days:
        wrong["journey.reentry_days"] = ["Only with `reentry` set to `after`."]
    if "left_segment" in rules.exits and not segment:
        wrong["journey.exits"] = ["Nobody can leave a segment that the campaign does not name."]
    if steps and steps[0].if_previous:
        wrong["steps.0.if_previous"] = ["Before the first step there is no message."]
    return wrong

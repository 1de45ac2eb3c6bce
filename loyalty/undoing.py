"""An order that is cancelled, returned or refunded takes back what it brought about."""

from collections.abc import Callable, Sequence

from common.events import Events

CONSUMER = "referrals"
# What is undone, in part too; and what a friend has ordered, which counts without the shop's saying so.
TOLD = frozenset({"order_cancelled", "order_returned", "order_refunded", "order_placed"})


class Undoing:
    """Reacts to what happened to orders. Doing it twice takes back once."""

    def __init__(self, events: Events, take_back: Callable[[Sequence[str]], int]) -> None:
        self._events = events
        self._take_back = take_back

    def react(self, limit: int = 500) -> int:
        """Look at the events that came in; how many referrals were taken back."""
        events = self._events.waiting_for(CONSUMER, limit)
        if not events:
            return 0
        orders = sorted({str(event.data["order"]) for event in events if event.type in TOLD})
        taken_back = self._take_back(orders) if orders else 0
        self._events.done(CONSUMER, [event.id for event in events])
        return taken_back

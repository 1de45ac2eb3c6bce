"""That an offer was given codes by hand: minted, or taken from a list; told beside what became of its definition."""

from typing import Any

from common.clock import Clock
from common.events import Events
from common.ids import new_id
from loyalty.changes import changed
from loyalty.offer import Offers

MINTED, BEGUN, ENDED = "codes_minted", "codes_import_begun", "codes_import_ended"


class CodeChanges:
    """Tells of it. Before codes are made, so that none is there of which nobody was told."""

    def __init__(self, offers: Offers, events: Events, clock: Clock) -> None:
        self._offers = offers
        self._events = events
        self._clock = clock

    def tell(self, offer: str, what: str, by: str, counts: dict[str, Any]) -> None:
        """Tell what was done by the key `by`, and how many codes of which sort; raises NotFound for the offer."""
        known = self._offers.get(offer)
        fields = {name: [None, value] for name, value in counts.items()}
        about = (known.id, known.version)
        self._events.add([changed("offer", about, what, self._clock.now(), by, fields, new_id())])

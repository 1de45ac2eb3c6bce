"""Budgets that run out are told of: an event and a line on the offer at each share that somebody wants to know of.

What an event is about follows from the limit and the share, so that looking twice, or two looking at once, tells once.
A share that was reached, left by roll-backs and reached again was told of already; a limit that was changed was not.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from common.clock import Clock
from common.events import Event, event
from customers.shop import Shop
from loyalty.budgets import Alert, BudgetState, states
from loyalty.offer import Offer

log = logging.getLogger(__name__)

REACHED = "offer_budget_reached"
AT_ONCE = 200


class AlertStore(Protocol):
    """The offers, as somebody looks at their budgets."""

    def page(self, after: str, limit: int) -> Sequence[Offer]:
        """A page in the order of ids."""
        ...

    def note_alerts(self, offer: Offer, alerts: Sequence[Alert], told: Sequence[Event]) -> bool:
        """Add alerts to an offer, and tell of them, unless somebody else has noticed since it was read."""
        ...


class BudgetAlerts:
    """Looks at all budgets."""

    def __init__(self, offers: AlertStore, shop: Callable[[], Shop], clock: Clock) -> None:
        self._offers = offers
        self._shop = shop
        self._clock = clock

    def look(self) -> int:
        """Tell of what was reached since the last look; how many alerts."""
        now, zone, after, told = self._clock.now(), ZoneInfo(self._shop().time_zone), "", 0
        while page := self._offers.page(after, AT_ONCE):
            told += sum(self._tell(offer, now, zone) for offer in page)
            after = page[-1].id
        return told

    def _tell(self, offer: Offer, now: datetime, zone: ZoneInfo) -> int:
        known = {_about(one) for one in offer.alerts}
        reached = states(offer.budget, offer.spent, now.astimezone(zone))
        found = [alert for state in reached for alert in _alerts(offer, state, now)]
        fresh = [alert for alert in found if _about(alert) not in known]
        if not fresh or not self._offers.note_alerts(offer, fresh, [_event(offer, alert) for alert in fresh]):
            return 0
        for alert in fresh:
            log.warning("offer.budget_reached", extra={"offer": offer.id, "percent": alert.percent, "of": alert.scope})
        return len(fresh)


def _alerts(offer: Offer, state: BudgetState, now: datetime) -> list[Alert]:
    return [
        Alert(scope=state.scope, key=state.key, what=state.what, percent=percent, limit=state.limit, at=now)
        for percent in sorted(offer.budget.alert_at)
        if state.percent >= percent
    ]


def _about(alert: Alert) -> tuple[str, str, str, int, int]:
    return (alert.scope, alert.key, alert.what, alert.percent, alert.limit)


def _event(offer: Offer, alert: Alert) -> Event:
    scope, key, what, percent, limit = _about(alert)
    said = {"scope": scope, "key": key, "what": what, "percent": percent, "limit": limit}
    return event(REACHED, alert.at, "", [offer.id, *_about(alert)], offer=offer.id, name=offer.name, **said)

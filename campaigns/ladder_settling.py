"""What came of ladders' decisions: looked up when their time is over; what codes no longer promise is given back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from campaigns.campaign import Campaign, Campaigns
from campaigns.ladder import Ladder
from campaigns.ladder_climb import Climb, Climbs, Decision, Outcome
from campaigns.ladder_climbing import Climbing
from common.clock import Clock
from common.ids import new_id

AT_ONCE = 500
# A chore takes so many such parts at a time; what is left waits a minute.
ROUNDS = 10
# A mark that is older is of a process that died; too soon costs work, never exactness.
LEFT_OVER = timedelta(minutes=2)


class Bought(msgspec.Struct, frozen=True):
    """An order: when, and what was paid in the shop's currency."""

    at: datetime
    total: int


class Dues(Protocol):
    """Climbs that something is to be done about, and what their people did."""

    def due(self, now: datetime, limit: int) -> list[Climb]:
        """Climbs of which a window is over, or a code has run out."""
        ...

    def left_over(self, before: datetime, limit: int) -> list[Climb]:
        """Climbs that were marked before then and still are."""
        ...

    def bought(self, customers: Sequence[str], since: datetime, currency: str) -> dict[str, list[Bought]]:
        """The orders that stand of these people from then on."""
        ...

    def used(self, messages: Sequence[str], customers: Sequence[str]) -> dict[str, int]:
        """What the codes in these messages, to these people, took off or were otherwise worth, by message."""
        ...


class Settling:
    """Looks up what came of decisions."""

    def __init__(self, dues: Dues, climbs: Climbs, climbing: Climbing, campaigns: Campaigns, clock: Clock) -> None:
        self._dues = dues
        self._climbs = climbs
        self._climbing = climbing
        self._campaigns = campaigns
        self._clock = clock

    def settle(self, currency: str) -> int:
        """Settle what is due, after healing what others left half done; how many climbs. Money is in `currency`."""
        now = self._clock.now()
        for climb in self._dues.left_over(now - LEFT_OVER, AT_ONCE):
            self._climbing.heal(climb.campaign, climb)
        done = 0
        for _ in range(ROUNDS):
            found = self._dues.due(now, AT_ONCE)
            due = [one for one in found if not (one.pending or one.returning)]
            for campaign in sorted({one.campaign for one in due}):
                mine = [one for one in due if one.campaign == campaign]
                self._settle(self._campaigns.get(campaign), mine, currency, now)
            done += len(due)
            if len(found) < AT_ONCE:
                break
        return done

    def _settle(self, campaign: Campaign, climbs: Sequence[Climb], currency: str, now: datetime) -> None:
        ladder = campaign.ladder or Ladder()
        days = campaign.limits.attribution_days
        people = [one.customer for one in climbs]
        waiting = [one for climb in climbs for one in climb.decisions if (at := one.due(days)) and at <= now]
        since = min((one.at for one in waiting), default=now)
        bought = self._dues.bought(people, since, currency)
        used = self._dues.used([one.id for one in waiting], people)
        token = new_id()
        changed = [
            _settled(climb, bought.get(climb.customer, []), used, ladder.margin_percent, days, now, token)
            for climb in climbs
        ]
        if any(one.returning for one in self._climbs.write(changed, token)):
            self._climbing.give_back(campaign.id, token)


def _settled(
    climb: Climb,
    bought: Sequence[Bought],
    used: Mapping[str, int],
    margin_percent: float,
    days: int,
    now: datetime,
    token: str,
) -> Climb:
    """The climb with what is due of it looked up."""
    decisions = []
    for one in climb.decisions:
        if one.taken and one.outcome is None and one.at + timedelta(days=days) <= now:
            outcome = _outcome(one, bought, used.get(one.id, 0), margin_percent, days)
            one = msgspec.structs.replace(one, outcome=outcome)
        if one.promised and not one.kept and one.ends_at is not None and one.ends_at <= now:
            left = min(one.promised, used.get(one.id, 0))
            one = msgspec.structs.replace(one, promised=left, kept=True)
        decisions.append(one)
    back = sum(one.promised for one in climb.decisions) - sum(one.promised for one in decisions)
    changed = msgspec.structs.replace(climb, decisions=decisions, back=back, returning=token if back else "")
    return msgspec.structs.replace(changed, due_at=changed.due(days), marked_at=now if back else None)


def _outcome(one: Decision, bought: Sequence[Bought], used: int, margin_percent: float, days: int) -> Outcome:
    """What was paid is less by what the code took off, which the goods cost all the same."""
    orders = [order for order in bought if one.at <= order.at < one.at + timedelta(days=days)]
    revenue = sum(order.total for order in orders)
    gain = round((revenue + used) * margin_percent / 100) - used
    return Outcome(orders=len(orders), revenue=revenue, cost=used, gain=gain)

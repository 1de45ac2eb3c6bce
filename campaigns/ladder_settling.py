"""What came of ladders' decisions: looked up when their time is over; what codes no longer promise is given back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from campaigns.campaign import Campaign, Campaigns
from campaigns.ladder import Ladder
from campaigns.ladder_climb import Climb, Climbs, Decision, Outcome
from campaigns.ladder_climbing import Climbing
from campaigns.ladder_reach import Prices
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


class Letter(msgspec.Struct, frozen=True):
    """A message: its channel, and whether it is certain that it never went out, or will."""

    channel: str
    unsent: bool


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

    def letters(self, messages: Sequence[str]) -> dict[str, Letter]:
        """What became of these messages, by their ids; who was held out has none that went out."""
        ...


class Settling:
    """Looks up what came of decisions."""

    def __init__(
        self, dues: Dues, climbs: Climbs, climbing: Climbing, campaigns: Campaigns, prices: Prices, clock: Clock
    ) -> None:
        self._dues = dues
        self._prices = prices
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
        window = campaign.compared
        people = [one.customer for one in climbs]
        waiting = [one for climb in climbs for one in climb.decisions if (at := one.due(window)) and at <= now]
        since = min((one.at for one in waiting), default=now)
        bought = self._dues.bought(people, since, currency)
        used = self._dues.used([one.id for one in waiting], people)
        letters = self._dues.letters([one.id for one in waiting])
        token = new_id()
        changed = []
        for climb in climbs:
            decisions = [
                self._looked_up(one, letters.get(one.id), bought.get(climb.customer, []), used, campaign, currency)
                for one in climb.decisions
            ]
            changed.append(_settled(climb, decisions, window, now, token))
        if any(one.returning for one in self._climbs.write(changed, token)):
            self._climbing.give_back(campaign.id, token)

    def _looked_up(
        self,
        one: Decision,
        letter: Letter | None,
        bought: Sequence[Bought],
        used: Mapping[str, int],
        campaign: Campaign,
        currency: str,
    ) -> Decision:
        """A decision with what is due of it looked up; a code that nobody was sent promises nothing any more."""
        now, window = self._clock.now(), campaign.compared
        ladder, took = campaign.ladder or Ladder(), used.get(one.id, 0)
        unsent = letter is not None and letter.unsent
        over = False
        if one.taken and one.outcome is None and one.at + window <= now:
            price = round(self._prices(letter.channel, currency)) if letter and letter.channel and not unsent else 0
            one = msgspec.structs.replace(
                one, outcome=_outcome(one, bought, took, price, ladder.margin_percent, window)
            )
            over = unsent
        if one.promised and not one.kept and (over or (one.ends_at is not None and one.ends_at <= now)):
            one = msgspec.structs.replace(one, promised=min(one.promised, took), kept=True)
        return one


def _settled(climb: Climb, decisions: list[Decision], window: timedelta, now: datetime, token: str) -> Climb:
    """The climb with these decisions, and what they no longer promise marked to be given back."""
    back = sum(one.promised for one in climb.decisions) - sum(one.promised for one in decisions)
    changed = msgspec.structs.replace(climb, decisions=decisions, back=back, returning=token if back else "")
    return msgspec.structs.replace(changed, due_at=changed.due(window), marked_at=now if back else None)


def _outcome(
    one: Decision, bought: Sequence[Bought], used: int, letter: int, margin_percent: float, window: timedelta
) -> Outcome:
    """What was paid is less by what the code took off, which the goods cost all the same."""
    orders = [order for order in bought if one.at <= order.at < one.at + window]
    revenue = sum(order.total for order in orders)
    gain = round((revenue + used) * margin_percent / 100) - used - letter
    return Outcome(orders=len(orders), revenue=revenue, cost=used, letter=letter, gain=gain)

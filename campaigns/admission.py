"""Which of the occasions that were told let somebody in, by a campaign's rules and where they are by now."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from campaigns.campaign import Campaign
from campaigns.journey import Journey, reentry_of
from campaigns.occasion import Occasion
from campaigns.refusals import Reason, is_loop


class Admission(msgspec.Struct, kw_only=True):
    """Those that would let somebody in, those that do not and why, and where each person is.

    `looping` are the customers and keys of occasions that are one too many: their journeys end as they begin.
    """

    occasions: list[Occasion] = []
    refused: list[tuple[Occasion, Reason]] = []
    known: Mapping[str, Sequence[Journey]] = {}
    looping: set[tuple[str, str]] = set()

    def journey(self, campaign: Campaign, one: Occasion) -> Journey | None:
        """The journey that an occasion begins anew; None where it has one of its own."""
        mine = self.known.get(one.customer, ())
        return mine[0] if mine and reentry_of(campaign) != "always" else None


def admission(
    campaign: Campaign, occasions: Sequence[Occasion], known: Mapping[str, Sequence[Journey]], now: datetime
) -> Admission:
    """Who gets in. What let somebody in before says nothing new, and is passed over."""
    found, people = Admission(known=known), dict[str, list[Occasion]]()
    for one in occasions:
        people.setdefault(one.customer, []).append(one)
    for customer, told in people.items():
        fresh = _unseen(told, known.get(customer, ()))
        if not fresh:
            continue
        if reentry_of(campaign) == "always":
            _each(found, fresh, known.get(customer, ()), now)
        else:
            _one(found, campaign, fresh, next(iter(known.get(customer, ())), None), now)
    return found


def _each(found: Admission, fresh: Sequence[Occasion], known: Sequence[Journey], now: datetime) -> None:
    """Each occasion has a journey of its own."""
    before = [(one.entered_at, _order(one.data)) for one in known]
    for one in fresh:
        if is_loop(before, _order(one.data), now):
            found.looping.add((one.customer, one.key))
        before.append((now, _order(one.data)))
        found.occasions.append(one)


def _one(found: Admission, campaign: Campaign, fresh: Sequence[Occasion], known: Journey | None, now: datetime) -> None:
    """One journey at a time: the first occasion lets in, or with `restart` the latest."""
    if known is not None and (why := _refusal(campaign, known, now)):
        found.refused += [(one, why) for one in fresh]
        return
    restarts = reentry_of(campaign) == "restart"
    mine = max(fresh, key=lambda one: one.since) if restarts else fresh[0]
    others = [one for one in fresh if one is not mine]
    if restarts:
        also = [*mine.also, *(key for one in others for key in (one.key, *one.also))]
        mine = msgspec.structs.replace(mine, also=also)
    found.refused += [(one, "overtaken" if restarts else "inside") for one in others]
    if known is not None and is_loop([(at, "") for at in known.entries], "", now):
        found.looping.add((mine.customer, mine.key))
    found.occasions.append(mine)


def _refusal(campaign: Campaign, known: Journey, now: datetime) -> Reason | None:
    """Why somebody may not enter again; None where they may."""
    reentry = reentry_of(campaign)
    if reentry == "restart":
        return None
    if known.state == "going":
        return "inside"
    if reentry == "never":
        return "never_again"
    days = timedelta(days=campaign.journey.reentry_days)
    return "too_soon" if reentry == "after" and known.entered_at + days > now else None


def _unseen(told: Sequence[Occasion], known: Sequence[Journey]) -> list[Occasion]:
    """The occasions as far as they are new ones."""
    seen = {key for one in known for key in one.seen}
    fresh = []
    for one in told:
        if keys := [key for key in (one.key, *one.also) if key not in seen]:
            seen.update(keys)
            fresh.append(msgspec.structs.replace(one, key=keys[0], also=keys[1:]))
    return fresh


def _order(data: Mapping[str, object]) -> str:
    event = data.get("event")
    return str(event.get("order", "")) if isinstance(event, Mapping) else ""

"""The dispatch desk: which of a channel's providers takes the next letters, how fast, and which is left alone for now.

A provider is left alone, by all workers, when it stopped everything (401), said to wait (Retry-After), failed half of
its latest requests or became slow. When its time is over one letter is tried; if that is taken, it is as before.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from common.clock import Clock
from common.money import Money
from common.settings import Settings
from messaging.channel import Accepted, NotTaken, Outcome, Provider, Rejected, Uncertain
from messaging.life import Breaker, Breakers

# A breaker opens for so many seconds, doubled each time it has to open again, up to the most.
STOPPED_FOR = 60.0
TROUBLED_FOR = 30.0
LONGEST = 600.0
# What the latest requests are, how many of them tell something, and from which share of failures on they are too many.
LATELY = timedelta(seconds=60)
ENOUGH = 5
TOO_MANY = 0.5
# Slow is a request that takes this share of what it may take, unless the provider's terms say otherwise.
SLOW = 0.8
# Whoever tries a provider again is given so long before somebody else may.
TRIAL = timedelta(seconds=60)
# Not a failure of the provider's: it keeps us waiting, or another letter was to blame.
_NO_FAILURE = frozenset({"rate_limited", "another_refused", "out_of_time"})


class Terms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """How the shop uses a provider (`id` is its name).

    `weight` is its share of the channel's letters beside others', 0 for none; `rate` the most letters a second by all
    workers together, 0 for no limit; `price` is of a thousand letters (of a text message: segments); `slow_after` are
    seconds, 0 for the usual.
    """

    id: str
    weight: int = 1
    rate: float = 0.0
    price: Money | None = None
    slow_after: float = 0.0
    version: int = 0


class Tally(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of requests: how many, how many of them failed, the seconds they took, and the letters by outcome."""

    requests: int = 0
    failed: int = 0
    seconds: float = 0.0
    accepted: int = 0
    rejected: int = 0
    not_taken: int = 0
    uncertain: int = 0


class Book(Protocol):
    """Terms and tallies as they are kept."""

    def terms(self, names: Sequence[str]) -> dict[str, Terms]:
        """The terms of these providers, as set or as of a fresh installation."""
        ...

    def put(self, terms: Terms, expected_version: int | None = None) -> Terms:
        """Set a provider's terms; raises Stale when `expected_version` is given and no longer holds."""
        ...

    def note(self, provider: str, at: datetime, tally: Tally) -> None:
        """Add what came of a request."""
        ...

    def tally(self, provider: str, since: datetime) -> Tally:
        """What came of the requests since then, to the minute."""
        ...


class Rates(Protocol):
    """Who may hand over when: one queue for all workers, by one clock."""

    def reserve(self, provider: str, letters: int, rate: float, patience: float) -> float:
        """The seconds to wait before so many letters may go; where that is beyond `patience`, nothing is reserved."""
        ...


class Carriers(Protocol):
    """Those who carry letters."""

    def of_channel(self, channel: str) -> list[Provider]:
        """The channel's providers that can be used; raises NotFound for a strange channel."""
        ...


class Picked(msgspec.Struct, frozen=True, kw_only=True):
    """Who carries the next letters, on which terms; one on `trial`, by its `breaker`, gets a single letter first."""

    provider: Provider
    terms: Terms
    trial: bool = False
    breaker: Breaker | None = None


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody carries letters of this channel before `until`."""

    until: datetime
    reason: str


class Desk:
    """Picks providers and watches them. One for all threads; what it knows is in the database."""

    def __init__(
        self, *, carriers: Carriers, breakers: Breakers, book: Book, rates: Rates, clock: Clock, settings: Settings
    ) -> None:
        self._carriers = carriers
        self._breakers = breakers
        self._book = book
        self._rates = rates
        self._clock = clock
        self._settings = settings

    def pick(self, channel: str, *, cheapest: bool = False) -> Picked | Held:
        """Who carries the next letters of a channel: by weight, or the cheapest, of those that are not left alone."""
        carriers = {provider.name: provider for provider in self._carriers.of_channel(channel)}
        terms = self._book.terms(list(carriers))
        wanted = [name for name in carriers if terms[name].weight] or list(carriers)
        breakers = {one.id: one for one in self._breakers.get(wanted)}
        now = self._clock.now()
        free = [name for name in wanted if name not in breakers or breakers[name].over(now)]
        if free:
            name = _drawn(free, terms, cheapest=cheapest)
            breaker = breakers.get(name)
            trial = breaker is not None and breaker.tried
            return Picked(provider=carriers[name], terms=terms[name], trial=trial, breaker=breaker if trial else None)
        soonest = min((breakers[name] for name in wanted), key=lambda breaker: breaker.until)
        return Held(until=max(soonest.until, now + timedelta(seconds=1)), reason=soonest.reason)

    def expected(self, channel: str, *, cheapest: bool = False) -> dict[str, int]:
        """What a thousand letters of a channel cost now, in minor units by currency; nothing where no price is set.

        The lowest price, or the mean of the providers' by their weights; those without one are left out.
        """
        terms = self._book.terms([provider.name for provider in self._carriers.of_channel(channel)])
        used = [one for one in terms.values() if one.weight] or list(terms.values())
        priced = [(one.price, max(1, one.weight)) for one in used if one.price is not None]
        if not priced:
            return {}
        if cheapest:
            lowest = min(_alike([price for price, _ in priced]), key=lambda price: price.amount)
            return {lowest.currency: lowest.amount}
        weights = sum(weight for _, weight in priced)
        sums: Counter[str] = Counter()
        for price, weight in priced:
            sums[price.currency] += price.amount * weight
        return {currency: -(-total // weights) for currency, total in sums.items()}

    def others(self, channel: str, but: str) -> bool:
        """Whether another provider could carry letters of this channel now."""
        names = [provider.name for provider in self._carriers.of_channel(channel) if provider.name != but]
        terms = self._book.terms(names)
        wanted = [name for name in names if terms[name].weight]
        held = {one.id for one in self._breakers.get(wanted) if not one.over(self._clock.now())}
        return any(name not in held for name in wanted)

    def try_again(self, picked: Picked) -> bool:
        """Be the one who tries a provider on trial, with a letter in the hand; False where somebody else is."""
        return picked.breaker is None or self._breakers.trial(picked.breaker, self._clock.now() + TRIAL)

    def on_terms(self, provider: Provider) -> Picked:
        """A provider that was chosen already, on its terms."""
        return Picked(provider=provider, terms=self._book.terms([provider.name])[provider.name])

    def wait(self, picked: Picked, letters: int, patience: float) -> float:
        """The seconds until so many letters may be handed over; beyond `patience`, they must not be."""
        if not picked.terms.rate:
            return 0.0
        return self._rates.reserve(picked.provider.name, letters, picked.terms.rate, patience)

    def heard(self, picked: Picked, outcomes: Mapping[str, Outcome], seconds: float) -> Breaker | None:
        """Note what came of a request; the breaker that it opened, if it did. One that was taken closes it."""
        now, name = self._clock.now(), picked.provider.name
        tally = _tally(outcomes, seconds)
        self._book.note(name, now, tally)
        if refusal := _stop(outcomes):
            return self._open(name, refusal.reason, refusal.detail, STOPPED_FOR)
        if (later := _later(outcomes)) is not None:
            breaker = Breaker(id=name, until=now + timedelta(seconds=later), reason="rate_limited", tried=False)
            self._breakers.trip(breaker)
            return breaker
        if not tally.failed and seconds < self._slow(picked.terms):
            if picked.trial:
                self._breakers.close(name)
            return None
        if picked.trial:
            return self._open(name, "errors" if tally.failed else "slow", "", TROUBLED_FOR)
        return self._judged(picked, now)

    def _judged(self, picked: Picked, now: datetime) -> Breaker | None:
        lately = self._book.tally(picked.provider.name, now - LATELY)
        if lately.requests < ENOUGH:
            return None
        words = f"{lately.failed} of {lately.requests} requests failed, {lately.seconds / lately.requests:.1f} s each"
        if lately.failed >= TOO_MANY * lately.requests:
            return self._open(picked.provider.name, "errors", words, TROUBLED_FOR)
        if lately.seconds >= self._slow(picked.terms) * lately.requests:
            return self._open(picked.provider.name, "slow", words, TROUBLED_FOR)
        return None

    def _open(self, name: str, reason: str, detail: str, seconds: float) -> Breaker:
        before = next(iter(self._breakers.get([name])), None)
        times = before.times + 1 if before and before.tried else 1
        lasts = timedelta(seconds=min(LONGEST, seconds * 2 ** min(times - 1, 10)))
        breaker = Breaker(id=name, until=self._clock.now() + lasts, reason=reason, detail=detail, times=times)
        self._breakers.trip(breaker)
        return breaker

    def _slow(self, terms: Terms) -> float:
        return terms.slow_after or SLOW * self._settings.http_timeout


def _drawn(names: Sequence[str], terms: Mapping[str, Terms], *, cheapest: bool) -> str:
    if cheapest:
        priced = {name: price for name in names if (price := terms[name].price) is not None}
        alike = _alike(list(priced.values()))
        named = sorted((price.amount, name) for name, price in priced.items() if price in alike)
        return named[0][1] if named else min(names)
    weights = [max(1, terms[name].weight) for name in names]
    return random.choices(names, weights)[0]  # noqa: S311  # a share, not a secret


def _alike(prices: Sequence[Money]) -> list[Money]:
    """The prices that can be compared: those in the currency that most are in, of as many the first by its code.

    What another currency is worth today nobody here knows, so that a price in it is as none.
    """
    counts = Counter(price.currency for price in prices)
    most = min(counts, key=lambda currency: (-counts[currency], currency), default="")
    return [price for price in prices if price.currency == most]


def _tally(outcomes: Mapping[str, Outcome], seconds: float) -> Tally:
    kinds = [type(outcome) for outcome in outcomes.values()]
    answered = any(isinstance(one, (Accepted, Rejected)) for one in outcomes.values())
    excused = any(isinstance(one, NotTaken) and one.reason in _NO_FAILURE for one in outcomes.values())
    return Tally(
        requests=1,
        failed=0 if answered or excused else 1,
        seconds=seconds,
        accepted=kinds.count(Accepted),
        rejected=kinds.count(Rejected),
        not_taken=kinds.count(NotTaken),
        uncertain=kinds.count(Uncertain),
    )


def _stop(outcomes: Mapping[str, Outcome]) -> NotTaken | None:
    return next((one for one in outcomes.values() if isinstance(one, NotTaken) and one.stop), None)


def _later(outcomes: Mapping[str, Outcome]) -> float | None:
    """How long the provider said to wait before anybody asks again."""
    said = [
        one.retry_after
        for one in outcomes.values()
        if isinstance(one, NotTaken) and one.reason == "rate_limited" and one.retry_after
    ]
    return max(said, default=None)

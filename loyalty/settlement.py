"""Brings what is open in an offer's budget to its end; whoever does it, and however often, the outcome is one.

There are no transactions. A redemption takes its use and money from the budget and leaves an entry, in one update
(1); it is decided by keeping the redemption under its id and its places, which are unique (2); then the entry is
struck, and what it took is given back in the same update if it lost (3). A roll-back notes its entry (1), moves
the redemption (2), and gives back as it strikes (3). Every step can be repeated by anybody: (2) says by its attempt
who has won, and (3) does nothing once the entry is gone. So a process that dies, or sleeps and wakes up late,
leaves nothing that another cannot finish, and nothing that it could spoil. docs/vouchers.md has the whole argument.
"""

from msgspec.structs import replace

from loyalty.offer import Budgets
from loyalty.redemption import Claim, Entry, Redemption, Redemptions, RedemptionState


class Settlement:
    """Settles entries."""

    def __init__(self, budgets: Budgets, redemptions: Redemptions) -> None:
        self._budgets = budgets
        self._redemptions = redemptions

    def settle(self, offer: str, entry: Entry) -> Redemption:
        """Bring an entry to its end; the redemption as it is decided, whoever has won."""
        if entry.what == "take":
            decided = self._keep(entry)
            back = decided.attempt != entry.token or decided.state is RedemptionState.REFUSED
        else:
            decided = self._end(entry)
            back = entry.token in (decided.by, decided.part_by)
        if back:
            self._budgets.give_back(offer, entry)
        else:
            self._budgets.close(offer, entry)
        return decided

    def _keep(self, entry: Entry) -> Redemption:
        """Keep the entry's redemption if it gets its places, or else its refusal, unless that has been decided."""
        taken: set[str] = set()
        while True:
            candidate = _placed(entry, taken)
            if self._redemptions.put(candidate, entry.over):
                return candidate
            kept = self._redemptions.get(entry.about)
            if kept is not None and kept.attempt != entry.over:
                return kept
            taken |= set(self._redemptions.taken(_places(entry.claims)))

    def _end(self, entry: Entry) -> Redemption:
        """Move the entry's redemption on, unless somebody else has."""
        was = entry.redemption
        self._redemptions.move(was, entry.target, entry.at, entry.token, entry.part)
        return self._redemptions.get(entry.about) or was


def _places(claims: list[Claim]) -> list[str]:
    return [key for claim in claims for key in claim.keys]


def _placed(entry: Entry, taken: set[str]) -> Redemption:
    """The redemption in the first free places, or its refusal where a claim finds none."""
    holds, stays = [], []
    for claim in entry.claims:
        free = next((key for key in claim.keys if key not in taken), None)
        if free is None:
            return replace(entry.redemption, state=RedemptionState.REFUSED, reason=claim.reason, until=None)
        holds.append(free)
        stays += [free] if claim.stays else []
    return replace(entry.redemption, holds=holds or None, stays=stays or None)

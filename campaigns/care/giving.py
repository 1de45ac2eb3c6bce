"""Gives make-goods: chosen once, paid out of the goodwill budget once, and given as a code."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from common.clock import Clock
from common.errors import Conflict, Invalid, NotFound
from common.ids import derive
from common.money import Money
from customers.incident import Case, Chosen, Given
from loyalty.goodwill import Goodwill, Policies, chosen_of, offer_of
from loyalty.makegood import Situation, Wish, parse
from loyalty.offer import Offer, Offers
from loyalty.purse import Purse


class Minting(Protocol):
    """Makes personal codes."""

    def mint(self, offer_id: str, owners: Mapping[str, str]) -> dict[str, str]:
        """A code for each source, owned by its customer; the same source, the same code."""
        ...


class Ledger(Protocol):
    """What cases were given, as it is kept."""

    def choose(self, case: str, chosen: Chosen) -> Case:
        """Note what is to be given, unless that was chosen before; the case as it is then."""
        ...

    def give(self, case: str, given: Given) -> None:
        """Note what was given, once."""
        ...

    def reserve(self, case: Case, id: str, amount: int, limit: int) -> bool:
        """Take what a person gives out of what people may give a case, once for its id; False where it is too much."""
        ...

    def release(self, case: Case, id: str, amount: int) -> None:
        """Give it back, once."""
        ...

    def given_in(self, incident: str, customer: str) -> Sequence[Case]:
        """The cases of a customer in an incident."""
        ...


class Giver:
    """Gives."""

    def __init__(
        self, *, ledger: Ledger, purse: Purse, offers: Offers, vouchers: Minting, policies: Policies, clock: Clock
    ) -> None:
        self._ledger = ledger
        self._purse = purse
        self._offers = offers
        self._vouchers = vouchers
        self._policies = policies
        self._clock = clock

    def chosen(self, case: Case, policy: Goodwill, situation: Situation) -> Case:
        """The case with what the policy gives; where there is no room in the budget, with the reason."""
        wish = None if self._has_one(case) else policy.wish(situation)
        chosen = chosen_of(wish, policy.valid_days)
        if case.chosen is None:
            if wish is not None:
                self._offer(wish, chosen, policy.valid_days)
            case = self._ledger.choose(case.id, chosen)
        if case.chosen is None or not case.chosen.offer:
            return case
        made = case.chosen
        id = derive("make-good", case.id)  # noqa: A001  # as the domain calls it
        if any(given.id == id for given in case.given):
            return case
        refused = self._purse.take(id, case.customer, Money(made.worth, made.currency), policy.budget)
        if refused:
            return msgspec.structs.replace(case, refused=refused)
        return self._given(case, id, made, by="", note="")

    def by_hand(self, case: Case, give: Mapping[str, Any], situation: Situation, by: str, note: str) -> Given:
        """What a person gives, once for each make-good they name; raises Invalid, and Conflict at a limit."""
        policy = self._policies.get()
        wish = parse(give).wish(situation)
        if wish is None:
            raise Invalid.field("give", "It has nothing to give in this case.")
        limit = policy.person_limit
        if limit is None or limit.currency != wish.worth.currency:
            raise Conflict("The goodwill policy lets nobody give in this currency by hand.", "no_person_limit")
        chosen = chosen_of(wish, policy.valid_days)
        id = derive("make-good by hand", case.id, chosen.offer)  # noqa: A001  # as the domain calls it
        known = next((given for given in case.given if given.id == id), None)
        if known is not None:
            return known
        if not self._ledger.reserve(case, id, wish.worth.amount, limit.amount):
            raise Conflict("It is more than a person may give in one case.", "person_limit")
        self._offer(wish, chosen, policy.valid_days)
        refused = self._purse.take(id, case.customer, wish.worth, policy.budget)
        if refused:
            self._ledger.release(case, id, wish.worth.amount)
            raise Conflict(f"The goodwill budget has no room for it: {refused}.", refused)
        return self._given(case, id, chosen, by, note).given[-1]

    def in_words(self, given: Given, locale: str) -> tuple[str, datetime | None]:
        """What it gives, in a few words, and until when."""
        offer = self._offers.kept(given.offer)
        return offer.summary(locale), offer.ends(given.at)

    def _given(self, case: Case, id: str, chosen: Chosen, by: str, note: str) -> Case:
        code = self._vouchers.mint(chosen.offer, {id: case.customer})[id]
        given = Given(
            id=id,
            kind=chosen.kind,
            offer=chosen.offer,
            code=code,
            worth=chosen.worth,
            currency=chosen.currency,
            at=self._clock.now(),
            by=by,
            note=note,
        )
        self._ledger.give(case.id, given)
        return msgspec.structs.replace(case, given=[*case.given, given])

    def _has_one(self, case: Case) -> bool:
        """Whether this customer was given something for another order of the same incident."""
        others = self._ledger.given_in(case.incident, case.customer)
        return any(other.id != case.id and other.chosen and other.chosen.offer for other in others)

    def _offer(self, wish: Wish, chosen: Chosen, valid_days: int) -> Offer:
        """The offer behind it, made where it is not there yet."""
        try:
            return self._offers.kept(chosen.offer)
        except NotFound:
            made = offer_of(wish, chosen, valid_days, self._clock.now())
            try:
                self._offers.add(made)
            except Conflict:  # somebody was quicker
                return self._offers.kept(chosen.offer)
            return made

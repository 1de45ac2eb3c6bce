"""A code for every customer, and what a friend may learn from one."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from common.clock import Clock
from common.errors import NotFound
from customers.customer import Customers
from loyalty import codes
from loyalty.offer import Offers
from loyalty.programme import Landing, Programmes, ReferralCode, ReferralCodes, ReferralProgramme
from loyalty.referral_rewards import in_words

AT_ONCE = 500
KIND = "referral code"
# Looked up where there is nothing, so that a wrong code costs what one does that has ended.
NOWHERE = ReferralCode(code="0" * codes.LENGTH, programme="-", customer="-")
NO_PROGRAMME = ReferralProgramme(id="-", name="", active=False, seed="", created_at=datetime.min.replace(tzinfo=UTC))


class CodeBook:
    """Codes made and looked up."""

    def __init__(
        self,
        programmes: Programmes,
        kept: ReferralCodes,
        customers: Customers,
        offers: Offers,
        exhausted: Callable[[ReferralProgramme, str], str],
        clock: Clock,
    ) -> None:
        """`exhausted(programme, advocate)` names the limit that a next friend would meet, if any."""
        self._programmes = programmes
        self._kept = kept
        self._customers = customers
        self._offers = offers
        self._exhausted = exhausted
        self._clock = clock

    def codes_for(self, programme_id: str, customers: Sequence[str]) -> dict[str, str]:
        """Each customer's own code, the same each time; raises NotFound for the programme."""
        programme = self._programmes.get(programme_id)
        return codes.distinct(dict.fromkeys(customers), programme.seed, partial(self._keep, programme))

    def programme(self, named: str = "") -> ReferralProgramme:
        """The programme of this id, or the newest active one; raises NotFound."""
        if named:
            return self._programmes.get(named)
        active = [one for one in self._programmes.page("", AT_ONCE) if one.open(self._clock.now())]
        if not active:
            raise NotFound("referral programme", "active")
        return max(active, key=lambda one: one.created_at)

    def code_of(self, programme: ReferralProgramme, customer: str) -> str:
        """The code that a customer has been given; raises NotFound where there is none."""
        likely = codes.candidates(customer, programme.seed)
        kept = self._kept.codes(likely)
        for code in likely:
            if code in kept and (kept[code].programme, kept[code].customer) == (programme.id, customer):
                return code
        raise NotFound("referral code of customer", customer)

    def find(self, typed: str) -> ReferralCode:
        """The code that was meant; raises NotFound with a reason of codes.REASONS."""
        found = self._looked_up(typed)
        if found is NOWHERE:
            codes.parse(typed, KIND)
            raise codes.none(KIND, typed, codes.UNKNOWN)
        return found

    def landing(self, typed: str, locale: str = "") -> Landing:
        """What a friend may see of a code, in their language; raises NotFound where it leads nowhere.

        A code that was never given costs the same reads as one that has ended: who tries codes learns nothing.
        """
        code = self._looked_up(typed)
        programme = self._programme_of(code)
        exhausted = self._exhausted(programme, code.customer)
        if code is NOWHERE or exhausted or not programme.open(self._clock.now()):
            raise NotFound(KIND, typed[:64])
        advocate = self._customers.get([code.customer]).get(code.customer)
        return Landing(
            code=code.code,
            programme=programme.id,
            trigger=programme.trigger,
            friend_when=programme.friend_when,
            friend_reward=in_words(programme.friend, self._offers, locale),
            advocate_reward=in_words(programme.advocate, self._offers, locale),
            advocate_first_name=advocate.first_name if advocate else "",
        )

    def _looked_up(self, typed: str) -> ReferralCode:
        try:
            code = codes.parse(typed, KIND)
        except NotFound:
            code = NOWHERE.code
        return self._kept.codes([code]).get(code, NOWHERE)

    def _programme_of(self, code: ReferralCode) -> ReferralProgramme:
        try:
            return self._programmes.get(code.programme)
        except NotFound:
            return NO_PROGRAMME

    def _keep(self, programme: ReferralProgramme, tried: Mapping[str, str]) -> set[str]:
        """Keep codes; those that somebody else has come back.

        Most customers have been written to before, so what is kept is read first.
        """
        kept = dict(self._kept.codes(list(tried)))
        fresh = {code: customer for code, customer in tried.items() if code not in kept}
        rows = [ReferralCode(code=code, programme=programme.id, customer=customer) for code, customer in fresh.items()]
        taken = self._kept.add_codes(rows)
        if taken:
            kept |= self._kept.codes(list(taken))
        return {code for code, one in kept.items() if (one.programme, one.customer) != (programme.id, tried[code])}

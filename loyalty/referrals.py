"""Referrals: a code for every customer, a friend who buys with it, and both their rewards.

A referral is kept by one insert under an id and traces that are unique, with its event in it; what is owed from
then on stands in the document and is issued by whoever comes by, under codes that follow from it. So whatever dies,
each reward is issued once.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from common.clock import Clock
from common.errors import Conflict, NotFound
from common.events import Event, event
from common.ids import derive, keyed
from customers.customer import Customers
from customers.orders import Order, Orders
from customers.shop import Shop
from loyalty import codes
from loyalty.basket import Basket
from loyalty.history import History
from loyalty.offer import Offers
from loyalty.programme import Landing, Programmes, ReferralCode, ReferralProgramme
from loyalty.referral import (
    Friend,
    Referral,
    ReferralQueues,
    ReferralState,
    ReferralStore,
    referral_id,
    traces_of,
)
from loyalty.suspicion import Case, Opinion, judge, rules
from loyalty.vouchers import Vouchers

# How far up a line of referrals a cycle is looked for.
GENERATIONS = 8
AT_ONCE = 500
UNDONE = frozenset({"cancelled", "returned", "refunded"})


class Referrals:
    """The service."""

    def __init__(
        self,
        programmes: Programmes,
        store: ReferralStore,
        queues: ReferralQueues,
        customers: Customers,
        orders: Orders,
        offers: Offers,
        vouchers: Vouchers,
        shop: Callable[[], Shop],
        clock: Clock,
    ) -> None:
        self._programmes = programmes
        self._store = store
        self._queues = queues
        self._customers = customers
        self._orders = orders
        self._history = History(customers, orders)
        self._offers = offers
        self._vouchers = vouchers
        self._shop = shop
        self._clock = clock

    def codes_for(self, programme_id: str, customers: Sequence[str]) -> dict[str, str]:
        """Each customer's own code, the same each time; raises NotFound for the programme."""
        programme = self._programmes.get(programme_id)
        return codes.distinct(dict.fromkeys(customers), programme.seed, partial(self._keep_codes, programme))

    def programme(self, named: str = "") -> ReferralProgramme:
        """The programme of this id, or the newest active one; raises NotFound."""
        if named:
            return self._programmes.get(named)
        active = [one for one in self._programmes.page("", AT_ONCE) if one.active]
        if not active:
            raise NotFound("referral programme", "active")
        return max(active, key=lambda one: one.created_at)

    def code_of(self, programme: ReferralProgramme, customer: str) -> str:
        """The code that a customer has been given; raises NotFound where there is none."""
        likely = codes.candidates(customer, programme.seed)
        kept = self._programmes.codes(likely)
        for code in likely:
            if code in kept and (kept[code].programme, kept[code].customer) == (programme.id, customer):
                return code
        raise NotFound("referral code of customer", customer)

    def landing(self, typed: str, locale: str = "") -> Landing:
        """What a friend may see of a code, in their language; raises NotFound where it leads nowhere any more."""
        code = self._code(typed)
        programme = self._programmes.get(code.programme)
        if not programme.active:
            raise NotFound("referral code", typed)
        advocate = self._customers.get([code.customer]).get(code.customer)
        return Landing(
            programme=programme.id,
            friend_reward=self._offers.get(programme.friend_offer).summary(locale),
            advocate_reward=self._offers.get(programme.advocate_offer).summary(locale),
            advocate_first_name=advocate.first_name if advocate else "",
        )

    def redeem(self, typed: str, friend: Friend, basket: Basket, device: str = "") -> Referral:
        """A friend has bought with a code: keep it, reward the friend; again for the same order, it is the same.

        Raises NotFound for the code, and Conflict whose reason is the name of the fraud rule that refused, or
        "programme_ended".
        """
        code = self._code(typed)
        programme = self._programmes.get(code.programme)
        known = self._known(programme.id, friend.customer_id)
        if known is not None and (known.order, known.code) == (basket.id, code.code):
            return self._pay(known)
        if not programme.active:
            raise Conflict("The referral programme has ended.", "programme_ended")
        case = self._case(programme, code, friend, basket, device)
        opinion = judge(case)
        referral = self._referral(code, case, basket, opinion)
        if opinion.blocks:
            self._store.add(_refused(referral))
            raise Conflict(rules()[opinion.blocks[0]].sentence, opinion.blocks[0])
        if not self._store.add(referral, self._news(referral)):
            return self._lost(referral)
        return self._pay(referral)

    def approve(self, id: str) -> Referral:
        """A person has looked and sees nothing wrong; raises NotFound, or Conflict for one not in review."""
        was = self._in(id, {ReferralState.REVIEW})
        fields = {"cleared": True, "decided_at": self._clock.now()}
        if not was.friend_voucher:
            fields["owing"] = ["friend"]
        return self._pay(self._moved(was, ReferralState.PENDING, fields))

    def reject(self, id: str) -> Referral:
        """A person says no; raises NotFound, or Conflict for one that is rewarded or rejected already."""
        was = self._in(id, {ReferralState.REVIEW, ReferralState.PENDING})
        return self._pay(self._moved(was, ReferralState.REJECTED, self._ending(was, "by_hand")))

    def page(self, after: str, limit: int, state: str | None = None) -> Sequence[Referral]:
        """A page in the order of ids, of one state if given."""
        return self._queues.page(after, limit, state)

    def settle(self, limit: int = AT_ONCE) -> int:
        """Decide what has outlived its return window, and issue what is owed; how many it has dealt with."""
        due = self._queues.due(self._clock.now(), limit)
        orders = self._orders.get([referral.order for referral in due])
        for referral in due:
            self._decide(referral, orders.get(referral.order))
        owed = self._queues.owed(limit)
        for referral in owed:
            self._pay(referral)
        return len(due) + len(owed)

    def take_back(self, order_ids: Sequence[str]) -> int:
        """Reject what these orders made, where they are undone within the return window; how many it rejected."""
        orders = self._orders.get(order_ids)
        open_states = (ReferralState.PENDING, ReferralState.REVIEW)
        found = [one for one in self._queues.of_orders(order_ids) if one.state in open_states]
        undone = [one for one in found if one.order in orders and orders[one.order].state in UNDONE]
        for referral in undone:
            self._decide(referral, orders[referral.order])
        return len(undone)

    def _code(self, typed: str) -> ReferralCode:
        code = codes.parse(typed, "referral code")
        found = self._programmes.codes([code]).get(code)
        if found is None:
            raise NotFound("referral code", typed)
        return found

    def _keep_codes(self, programme: ReferralProgramme, tried: Mapping[str, str]) -> set[str]:
        """Keep codes; those that somebody else has come back.

        Most customers have been written to before, so what is kept is read first.
        """
        kept = dict(self._programmes.codes(list(tried)))
        fresh = {code: customer for code, customer in tried.items() if code not in kept}
        rows = [ReferralCode(code=code, programme=programme.id, customer=customer) for code, customer in fresh.items()]
        taken = self._programmes.add_codes(rows)
        if taken:
            kept |= self._programmes.codes(list(taken))
        return {code for code, one in kept.items() if (one.programme, one.customer) != (programme.id, tried[code])}

    def _known(self, programme: str, friend: str) -> Referral | None:
        wanted = referral_id(programme, friend)
        return self._store.get([wanted]).get(wanted)

    def _case(
        self, programme: ReferralProgramme, code: ReferralCode, friend: Friend, basket: Basket, device: str
    ) -> Case:
        people = self._customers.get([friend.customer_id, code.customer])
        kin = {friend.customer_id: people[friend.customer_id]} if friend.customer_id in people else {}
        for address in friend.addresses:
            kin |= {one.id: one for one in self._customers.find("", AT_ONCE, address)}
        hashed = keyed(programme.seed.encode(), "device", device) if device else ""
        traces = [*traces_of(programme.seed, friend), keyed(programme.seed.encode(), "order", basket.id)]
        return Case(
            friend=friend,
            advocate=code.customer,
            advocate_record=people.get(code.customer),
            device=hashed,
            kin=list(kin.values()),
            earlier_orders={one.id: self._history.besides(one, basket.id) for one in kin.values()},
            like=self._store.like(programme.id, traces, hashed),
            traces=traces,
            line=self._line(programme.id, code.customer),
        )

    def _line(self, programme: str, customer: str) -> list[str]:
        """Who referred this customer, who referred them, and so on."""
        line: list[str] = []
        for _ in range(GENERATIONS):
            above = self._known(programme, customer)
            if above is None or above.state is ReferralState.REJECTED:
                break
            customer = above.advocate
            line.append(customer)
        return line

    def _referral(self, code: ReferralCode, case: Case, basket: Basket, opinion: Opinion) -> Referral:
        now = self._clock.now()
        order = self._orders.get([basket.id]).get(basket.id)
        bought = order.placed_at if order else now
        return Referral(
            id=referral_id(code.programme, case.friend.customer_id),
            programme=code.programme,
            code=code.code,
            advocate=code.customer,
            friend=case.friend.customer_id,
            order=basket.id,
            order_total=basket.total.amount,
            currency=basket.total.currency,
            state=ReferralState.REVIEW if opinion.reviews else ReferralState.PENDING,
            at=now,
            due_at=self._window_end(bought),
            reasons=opinion.blocks or opinion.reviews,
            traces=list(case.traces),
            device=case.device,
            owing=None if opinion.reviews else ["friend"],
        )

    def _window_end(self, bought: datetime) -> datetime:
        return bought + timedelta(days=self._shop().return_window_days)

    def _news(self, referral: Referral) -> list[Event]:
        """What the advocate's campaigns react to: told when the referral counts, not while it is in review."""
        if referral.state is not ReferralState.PENDING:
            return []
        return [
            event(
                "referral_redeemed",
                self._clock.now(),
                referral.advocate,
                [referral.id],
                referral=referral.id,
                programme=referral.programme,
                friend=referral.friend,
                order=referral.order,
            )
        ]

    def _lost(self, referral: Referral) -> Referral:
        """Somebody was faster with the same friend: the same order is the same referral, another is one too many."""
        known = self._known(referral.programme, referral.friend)
        if known is not None and (known.order, known.code) == (referral.order, referral.code):
            return self._pay(known)
        raise Conflict(rules()["already_referred"].sentence, "already_referred")

    def _in(self, id: str, states: set[ReferralState]) -> Referral:
        was = self._store.get([id]).get(id)
        if was is None:
            raise NotFound("referral", id)
        if was.state not in states:
            raise Conflict(f"The referral is {was.state.value}.", was.state.value)
        return was

    def _moved(self, was: Referral, target: ReferralState, fields: Mapping[str, object]) -> Referral:
        news = self._news(replace(was, state=target)) if was.state is ReferralState.REVIEW else []
        if not self._store.move(was, target, fields, news):
            raise Conflict("The referral has moved on since it was read.", "moved")
        return self._store.get([was.id])[was.id]

    def _ending(self, was: Referral, reason: str) -> dict[str, object]:
        """What changes when a referral is rejected: the friend's voucher is recalled, and their addresses forgotten."""
        given = was.friend_voucher or "friend" in (was.owing or ())
        return {
            "reasons": [*was.reasons, reason],
            "decided_at": self._clock.now(),
            "traces": None,
            "owing": ["recall"] if given else None,
        }

    def _decide(self, was: Referral, order: Order | None) -> None:
        """Reward, reject or hand over to a person; if somebody else has moved it meanwhile, that stands."""
        if order is not None and order.state in UNDONE:
            self._store.move(was, ReferralState.REJECTED, self._ending(was, f"order_{order.state}"))
        elif not was.cleared and (order is None or order.customer_id != was.friend):
            doubt = "order_unknown" if order is None else "order_of_another"
            self._store.move(was, ReferralState.REVIEW, {"reasons": [*was.reasons, doubt]})
        else:
            owing = [*(was.owing or ()), "advocate"]
            self._store.move(was, ReferralState.REWARDED, {"owing": owing, "decided_at": self._clock.now()})

    def _pay(self, referral: Referral) -> Referral:
        """Issue, or recall, what is owed; the same codes however often it is tried."""
        if not referral.owing:
            return referral
        programme = self._programmes.get(referral.programme)
        for whom in referral.owing:
            if whom == "advocate":
                code = self._issue(programme.advocate_offer, f"{referral.id}:advocate", referral.advocate)
            else:
                code = self._issue(programme.friend_offer, f"{referral.id}:friend", referral.friend)
            if whom == "recall":
                self._vouchers.cancel(code)
            if not self._store.paid(referral.id, whom, code) and whom == "friend":
                self._unless_wanted(referral.id, code)
        return self._store.get([referral.id])[referral.id]

    def _unless_wanted(self, id: str, code: str) -> None:
        """Cancel a friend's voucher whose referral was rejected while it was being issued."""
        if self._store.get([id])[id].state is ReferralState.REJECTED:
            self._vouchers.cancel(code)

    def _issue(self, offer: str, source: str, customer: str) -> str:
        return self._vouchers.mint(offer, {source: customer})[source]


def _refused(referral: Referral) -> Referral:
    """How a refusal is kept, for people to see: under its own id, so that it bars nobody, and owing nothing."""
    own_id = derive("refused referral", referral.programme, referral.friend, referral.order)
    return replace(referral, id=own_id, state=ReferralState.REJECTED, traces=None, owing=None)

"""Bad news first: what went wrong is told, with what makes up for it, and told again when it is put right.

Each step follows from the case and can be done twice: the make-good is chosen once, taken out of the goodwill budget
under an id of its own, given as the code that this id always gets, and told by a message whose id follows from the
case. So however often events come, and whoever dies between which steps, a customer is told once and given once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from campaigns.care.giving import Giver
from campaigns.single import Sender, Wanted
from common.clock import Clock
from common.errors import Conflict, Invalid, NotFound, Stale
from common.ids import derive
from content import bad_news
from content.templates import Template, Templates
from customers.catalogue import Product, Products, instead, with_stand_ins
from customers.customer import Customer, Customers
from customers.incident import Case, Given, Work, is_news
from customers.orders import Order, Orders
from customers.shop import Shops
from loyalty.goodwill import Goodwill, Policies, products_of
from loyalty.makegood import Situation
from messaging.gate import zone_of
from messaging.message import Message, State

AT_ONCE = 200
WORKS: tuple[Work, ...] = ("tell", "date", "watch", "cheer")
# The provider has it, or may have it: the customer is taken to be told.
_HANDED = frozenset({State.ACCEPTED, State.DELIVERED, State.UNCERTAIN, State.UNCERTAIN_FINAL})
_NEVER = frozenset({State.SKIPPED, State.FAILED, State.EXPIRED, State.CANCELLED, State.BOUNCED, State.UNDELIVERED})
# Substitutes are a help to whoever will not get what they ordered.
_SOLD_OUT = ("out_of_stock", "cancelled")


class Book(Protocol):
    """The cases that have something to be said, and what was said."""

    def waiting(self, work: Work, limit: int) -> list[Case]:
        """Those with this work to do, the oldest first."""
        ...

    def note(self, case: Case, **changes: Any) -> bool:
        """Set fields of a case whose work is still what it was; "", None and False take one away. False else."""
        ...

    def planned(self, case: Case, message: str) -> None:
        """Note the message that tells a case; whether it arrives is to be watched, even if the case ended meanwhile."""
        ...

    def updating(self, case: Case, message: str) -> None:
        """Note the message that tells a changed date, once; whether it arrives is to be watched."""
        ...

    def of_orders(self, orders: Sequence[str]) -> list[Case]:
        """All cases of these orders."""
        ...

    def told(self, case: Case, at: datetime, date: datetime | None) -> None:
        """Note that what was told, with this date in it, was handed over; what was heard meanwhile is to be told."""
        ...


class Sent(Protocol):
    """The messages."""

    def get(self, ids: Sequence[str]) -> Mapping[str, Message]:
        """Those of these that exist, by id."""
        ...


class Telling:
    """Tells."""

    def __init__(
        self,
        *,
        book: Book,
        giver: Giver,
        orders: Orders,
        customers: Customers,
        products: Products,
        templates: Templates,
        sender: Sender,
        messages: Sent,
        shops: Shops,
        policies: Policies,
        clock: Clock,
    ) -> None:
        self._book = book
        self._giver = giver
        self._orders = orders
        self._customers = customers
        self._products = products
        self._templates = templates
        self._sender = sender
        self._messages = messages
        self._shops = shops
        self._policies = policies
        self._clock = clock

    def waiting(self) -> bool:
        """Whether there is something to do."""
        return any(self._book.waiting(work, 1) for work in WORKS)

    def work(self, limit: int = AT_ONCE) -> int:
        """Tell what is to be told, look what arrived, and say what is put right; how many cases were looked at."""
        policy = self._policies.get()
        sad, happy = self._book.waiting("tell", limit), self._book.waiting("cheer", limit)
        moved = self._book.waiting("date", limit)
        for case in sad:
            self._tell(case, policy)
        for case in moved:
            self._tell_date(case, policy)
        watched = self._book.waiting("watch", limit)
        sent = self._messages.get([case.latest for case in watched])
        for case in watched:
            self._watch(case, sent.get(case.latest))
        for case in happy:
            self._cheer(case, policy)
        return len(sad) + len(moved) + len(watched) + len(happy)

    def situation(self, case: Case) -> Situation:
        """What went wrong, as make-goods look at it."""
        policy = self._policies.get()
        order = self._orders.get([case.order]).get(case.order) if case.order else None
        return Situation(
            cause=case.cause,
            order=order,
            bad_in_a_row=max(1, case.bad_in_a_row),
            products=self._catalogue(order, policy),
            currency=self._shops.get().currency,
        )

    def _tell(self, case: Case, policy: Goodwill) -> None:
        person = self._customers.get([case.customer]).get(case.customer)
        if person is None:
            self._book.note(case, work="", untold="no_customer")
            return
        situation = self.situation(case)
        order, products = situation.order, situation.products
        case = self._giver.chosen(case, policy, situation)
        if case.refused:
            self._book.note(case, refused=case.refused)
        call = case.bad_in_a_row >= policy.call_from
        values = self._values(case, person, order, products) | ({"call": "a person"} if call else {})
        try:
            message = self._sender.send(self._wanted(case, bad_news.BAD, values, policy), derive("bad news", case.id))
        except (Conflict, Invalid, NotFound) as error:
            reason = error.reason if isinstance(error, Conflict) else "template"
            self._book.note(case, work="", untold=reason, call=True, why_call="not_told")
            return
        if call and not case.called_by:
            self._book.note(case, call=True, why_call="bad_in_a_row")
        self._book.planned(case, message.id)

    def _watch(self, case: Case, message: Message | None) -> None:
        if message is None or message.state in _NEVER:
            reason = (message.reason or message.state.value) if message else "gone"
            live = case.live
            self._book.note(case, work="", untold=reason, call=live or case.call, why_call="not_told" if live else "")
        elif message.state in _HANDED:
            self._book.told(case, message.handed_at or self._clock.now(), _date_in(message))

    def _tell_date(self, case: Case, policy: Goodwill) -> None:
        """Say that another date is promised now, where that is news; nothing is given for it again."""
        person = self._customers.get([case.customer]).get(case.customer)
        date = case.expected_at
        if person is None or date is None or not case.live or not self._is_news(case, person):
            self._book.note(case, work="")
            return
        order = self._orders.get([case.order]).get(case.order)
        change = ("sooner" if date < case.dates[-1] else "later") if case.dates else "first"
        values = self._values(case, person, order, {}) | {"change": change}
        day = date.astimezone(zone_of(person, self._shops.get())).date().isoformat()
        operation = derive("new date", case.id, len(case.dates), day)
        try:
            message = self._sender.send(self._wanted(case, bad_news.DATE, values, policy), operation)
        except (Conflict, Invalid, NotFound) as error:
            reason = error.reason if isinstance(error, Conflict) else "template"
            self._book.note(case, work="", untold=reason, call=True, why_call="not_told")
            return
        self._book.updating(case, message.id)

    def _is_news(self, case: Case, person: Customer) -> bool:
        """Whether they have not been told this date, by this case or by another of the order's; a past one is none."""
        if case.expected_at is None or case.expected_at < self._clock.now():
            return False
        others = [one for one in self._book.of_orders([case.order]) if one.id != case.id]
        told = [date for one in sorted(others, key=lambda one: one.opened_at) for date in one.dates]
        return is_news([*told, *case.dates], case.expected_at, zone_of(person, self._shops.get()))

    def _cheer(self, case: Case, policy: Goodwill) -> None:
        person = self._customers.get([case.customer]).get(case.customer)
        if person is None or not policy.good_news:
            self._book.note(case, work="")
            return
        order = self._orders.get([case.order]).get(case.order) if case.order else None
        values = self._values(case, person, order, {}) | {"ending": case.ending}
        try:
            message = self._sender.send(self._wanted(case, bad_news.GOOD, values, policy), derive("good news", case.id))
        except (Conflict, Invalid, NotFound):
            # They know of the trouble, and see for themselves that it is over.
            self._book.note(case, work="")
            return
        self._book.note(case, work="", good_news=message.id)

    def _wanted(self, case: Case, template: str, values: dict[str, Any], policy: Goodwill) -> Wanted:
        self._install(template, policy.whatsapp_template)
        data: dict[str, Any] = {"values": {"incident": values}, "incident": case.incident, "case": case.id}
        if case.order:
            data["event"] = {"order": case.order}
        return Wanted(customer=case.customer, template=template, purpose="service", brand=policy.brand, data=data)

    def _values(
        self, case: Case, person: Customer, order: Order | None, products: Mapping[str, Product]
    ) -> dict[str, Any]:
        """What the words can say of the case; what there is nothing of is left out."""
        given = case.given[0] if case.given else None
        said: dict[str, Any] = {
            "cause": case.cause,
            "reason": case.reason.rstrip(". "),
            "expected_at": case.expected_at,
            "substitutes": _substitutes(case, order, products),
            **(self._in_words(given, person) if given else {}),
        }
        return {name: value for name, value in said.items() if value}

    def _in_words(self, given: Given, person: Customer) -> dict[str, Any]:
        makegood, until = self._giver.in_words(given, person.locale or self._shops.get().locale)
        return {"makegood": makegood, "code": given.code, "code_until": until}

    def _catalogue(self, order: Order | None, policy: Goodwill) -> dict[str, Product]:
        bought = [line.product_id for line in order.lines] if order else []
        wanted = sorted({*bought, *products_of(policy.rules)})
        return with_stand_ins(self._products, wanted)

    def _install(self, template: str, approved: str) -> None:
        """Put our own words in place where the shop has none, with the template that Meta has approved by now."""
        content, version = bad_news.content(template, approved), 0
        try:
            known = self._templates.get(template)
            if known.content == content or not bad_news.is_ours(template, known.content):
                return
            version = known.version
        except NotFound:
            pass
        ours = Template(id=template, name=bad_news.NAMES[template], content=content)
        try:
            self._templates.put(ours, expected_version=version)
        except Stale:  # somebody was quicker
            return


def _date_in(message: Message) -> datetime | None:
    """The promised date that a message tells, as its words say it."""
    said = message.data.get("values", {}).get("incident", {}).get("expected_at")
    return said if isinstance(said, datetime) else None


def _substitutes(case: Case, order: Order | None, products: Mapping[str, Product]) -> list[str]:
    """What can be had instead of what is sold out."""
    if case.cause not in _SOLD_OUT or order is None:
        return []
    return [product.name for product in instead((line.product_id for line in order.lines), products)]

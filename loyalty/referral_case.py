"""Gathers what the fraud rules look at: who the friend is, who sent them, and who came like that before."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from common.clock import Clock
from customers.customer import Customer, Customers
from customers.orders import Orders
from loyalty.evidence import Marks, bare, marks_of, marks_of_advocate, traces_of
from loyalty.history import History
from loyalty.programme import ReferralProgramme
from loyalty.referral import Friend, Referral, ReferralLookups, ReferralState, Seen
from loyalty.suspicion import BURST, VELOCITY, Case, was_fraud

# How far up a line of referrals a cycle is looked for.
GENERATIONS = 8
AT_ONCE = 500


class Cases:
    """Reads the database for a case."""

    def __init__(self, lookups: ReferralLookups, customers: Customers, orders: Orders, clock: Clock) -> None:
        self._lookups = lookups
        self._customers = customers
        self._history = History(customers, orders)
        self._clock = clock

    def of(self, programme: ReferralProgramme, advocate: str, friend: Friend, seen: Seen, order: str = "") -> Case:
        """The case of a friend who comes now, with an order or without."""
        people = self._customers.get([friend.customer_id, advocate])
        kin = self._kin(friend, people)
        traces, marks = traces_of(programme.seed, friend, order), marks_of(programme.seed, friend, seen)
        line = self._line(programme.id, advocate)
        now = self._clock.now()
        record = people.get(advocate)
        return Case(
            friend=friend,
            advocate=advocate,
            advocate_record=record,
            marks=marks,
            advocate_marks=marks_of_advocate(programme, record, line[0] if line else None),
            kin=list(kin.values()),
            earlier_orders={one.id: self._history.besides(one, order) for one in kin.values()},
            like=[one for one in self._lookups.like(programme.id, traces, _common(marks)) if _tells(one, friend)],
            traces=traces,
            line=[one.advocate for one in line],
            burst=self._lookups.near(programme.id, "advocate", advocate, (now - BURST, now)),
            same_ip=self._lookups.near(programme.id, "ip", marks.ip, (now - VELOCITY, now)) if marks.ip else 0,
        )

    def again(self, referral: Referral) -> Case:
        """What has become known since of one that waits: who came right after it, too."""
        at, programme = referral.at, referral.programme
        burst = self._lookups.near(programme, "advocate", referral.advocate, (at - BURST / 2, at + BURST / 2))
        within = (at - VELOCITY / 2, at + VELOCITY / 2)
        same_ip = self._lookups.near(programme, "ip", referral.ip, within) if referral.ip else 1
        # both count the referral itself
        return Case(
            friend=Friend(customer_id=referral.friend),
            advocate=referral.advocate,
            burst=burst - 1,
            same_ip=same_ip - 1,
        )

    def _kin(self, friend: Friend, people: Mapping[str, Customer]) -> dict[str, Customer]:
        kin = {friend.customer_id: people[friend.customer_id]} if friend.customer_id in people else {}
        for address in dict.fromkeys([*friend.addresses, *([bare(friend.email)] if friend.email else [])]):
            kin |= {one.id: one for one in self._customers.find("", AT_ONCE, address)}
        return kin

    def _line(self, programme: str, customer: str) -> Sequence[Referral]:
        """By which referral this customer came, by which one who sent them, and so on; whoever was not rejected."""
        line: list[Referral] = []
        while len(line) < GENERATIONS:
            found = [one for one in self._lookups.of_friends([customer]) if one.programme == programme]
            above = next((one for one in found if one.state is not ReferralState.REJECTED), None)
            if above is None:
                break
            customer = above.advocate
            line.append(above)
        return line


def but_for(known: Referral, case: Case) -> Case:
    """The case of one who came before: they are not alike to themselves, and their own orders since make nobody old."""
    like = [one for one in case.like if one.id != known.id]
    earlier = {who: orders for who, orders in case.earlier_orders.items() if who != known.friend}
    return replace(case, like=like, earlier_orders=earlier)


def _tells(one: Referral, friend: Friend) -> bool:
    """Whether another referral says something of this friend's: one that was rejected does where fraud was the reason,
    and not of the very same friend, who may only have mistyped a code before."""
    return one.state is not ReferralState.REJECTED or (was_fraud(one) and one.friend != friend.customer_id)


def _common(marks: Marks) -> dict[str, str]:
    return {field: value for field in ("device", "payment") if (value := getattr(marks, field))}

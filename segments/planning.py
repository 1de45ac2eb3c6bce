"""From a tree of rules to a plan.

What rules find in other collections is gathered first, each collection read once, and marked on the customers that it
is about. Whoever has no mark is decided by the tree without those rules, a filter over customers; so a rule over rows
costs what its rows cost, also within `any` and `not`, where all the other customers would otherwise have to be asked.
"""

from collections.abc import Sequence
from datetime import datetime

from customers.orders import ERASED
from segments.beside import OverRows
from segments.nodes import All, Node, Not, leaves
from segments.plan import CUSTOMERS, Each, Plan, Walk
from segments.rule import Rule, Stage

NOT_ERASED: Stage = {"$match": {"_id": {"$not": {"$regex": f"^{ERASED}"}}}}


def plan(tree: Node, now: datetime) -> Plan:
    """How to fetch all customers a tree holds for."""
    rules = _over_rows(tree)
    if not rules:
        return Plan(base=Walk(head=tree.pipeline(now)))
    unmarked = tree.given(lambda rule, _: False if isinstance(rule, OverRows) else None)
    signs = _signs(tree)
    return Plan(
        base=_base(unmarked, now),
        more=_marked(_but_not(tree, unmarked), rules, now) if True in signs else None,
        less=_marked(_but_not(unmarked, tree), rules, now) if False in signs else None,
        each=_each(tree, now),
    )


def _over_rows(tree: Node) -> list[OverRows]:
    """The rules over rows, each once; those that an index finds come first."""
    found = {leaf.rule.mark: leaf.rule for leaf in leaves(tree) if isinstance(leaf.rule, OverRows)}
    return sorted(found.values(), key=lambda rule: not rule.index)


def _signs(tree: Node) -> set[bool]:
    """Whether finding rows can bring somebody in (True) and can put somebody out (False)."""
    signs: set[bool] = set()

    def told(rule: Rule, positive: bool) -> None:
        if isinstance(rule, OverRows):
            signs.add(positive)

    tree.given(told)
    return signs


def _base(unmarked: Node | bool, now: datetime) -> Walk | None:
    if isinstance(unmarked, bool):
        return Walk(head=[]) if unmarked else None
    return Walk(head=[{"$match": unmarked.match(now)}])


def _each(tree: Node, now: datetime) -> Each:
    early = tree.early(now)
    head: list[Stage] = [{"$match": {"$and": early}}] if early else []
    return Each(early=head, tried=tree.pipeline(now)[len(head) :])


def _but_not(one: Node | bool, other: Node | bool) -> Node | bool:
    """Those of one tree who are not of the other."""
    if isinstance(one, bool):
        return one and (Not(other) if isinstance(other, Node) else not other)
    if isinstance(other, bool):
        return not other and one
    return All([one, Not(other)])


def _marked(wanted: Node | bool, rules: Sequence[OverRows], now: datetime) -> Walk | None:
    """Those of whom rows were found and whom a tree holds for, once they are marked."""
    # Whatever the customers' own documents say, nobody else can be among them.
    at_most = _given_marks(wanted, rules)
    if at_most is False:
        return None
    by_marks = not isinstance(wanted, Node) or all(isinstance(leaf.rule, OverRows) for leaf in leaves(wanted))
    head = _gathered(rules, now) + ([{"$match": at_most.match(now)}] if isinstance(at_most, Node) else [])
    tail = _whole([])
    if isinstance(wanted, Node) and not by_marks:
        marks = sorted(rule.mark for rule in rules)
        tail = [*_whole(marks), {"$match": wanted.match(now)}, {"$unset": marks}]
    known = by_marks and all(rule.rows.known for rule in rules)
    return Walk(collection=rules[0].rows.collection, head=head, tail=tail, count=[NOT_ERASED] if known else None)


def _given_marks(wanted: Node | bool, rules: Sequence[OverRows]) -> Node | bool:
    """What marks must say of those whom a tree holds for; who is gathered for one rule alone has its mark."""

    def told(rule: Rule, positive: bool) -> bool | None:
        if isinstance(rule, OverRows):
            return True if len(rules) == 1 else None
        return positive

    return wanted.given(told) if isinstance(wanted, Node) else wanted


def _gathered(rules: Sequence[OverRows], now: datetime) -> list[Stage]:
    """Stages over the first rule's rows that leave a document for each customer of whom any rule found rows."""
    first, *others = ((rule.rows.collection, rule.found_by_rows(now)) for rule in rules)
    if not others:
        return first[1]
    marks = {rule.mark: {"$push": f"${rule.mark}"} for rule in rules}
    apart = {mark: {"$ifNull": [{"$arrayElemAt": [f"${mark}", 0]}, []]} for mark in marks}
    joined: list[Stage] = [{"$unionWith": {"coll": collection, "pipeline": stages}} for collection, stages in others]
    return [*first[1], *joined, {"$group": {"_id": "$_id", **marks}}, {"$set": apart}]


def _whole(marks: Sequence[str]) -> list[Stage]:
    """Stages from a customer's id to the customer, with these marks; who is none is left out."""
    found = {"from": CUSTOMERS, "localField": "_id", "foreignField": "_id", "as": "_customer"}
    kept: list[object] = ["$_customer", {mark: f"${mark}" for mark in marks}]
    whole = {"$mergeObjects": kept} if marks else "$_customer"
    return [{"$lookup": found}, {"$unwind": "$_customer"}, {"$replaceWith": whole}]

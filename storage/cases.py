"""The cases of incidents in MongoDB, one for each order and cause, and the rest from marketing they give a customer.

The rest stands on the customer, in the facet `care`, where the gate reads it without a look-up: `care.open.{case}` is
until when. It is written before a case is opened and taken away before it ends, so that whoever dies in between leaves
a case that is looked at again; and it ends by itself, so that nobody is passed over for ever.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from pymongo import UpdateOne

from common.clock import Clock
from common.events import Event, event
from customers.incident import CHOICES, LIVE, Case, CaseState, Choice, Chosen, Given, Work, rest_until
from storage.events import pending_fields, pending_index, pending_push
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, plain, to_document
from storage.personal import Merged, Merging, Personal
from storage.writes import insert_new

PUMPED = "incident_cases"
INDEXES = [
    Index(collection="incident_cases", keys=[("incident", 1), ("_id", 1)]),
    Index(collection="incident_cases", keys=[("customer", 1)]),
    Index(collection="incident_cases", keys=[("order", 1)], only={"order": {"$exists": True}}),
    Index(collection="incident_cases", keys=[("state", 1), ("opened_at", 1)]),
    Index(collection="incident_cases", keys=[("work", 1)], only={"work": {"$exists": True}}),
    Index(collection="incident_cases", keys=[("call", 1)], only={"call": {"$exists": True}}),
    Index(collection="incident_cases", keys=[("wants", 1)], only={"wants": {"$exists": True}}),
    pending_index("incident_cases"),
]
PERSONAL = [
    Personal(
        collection="incident_cases",
        customer="customer",
        erase="nobody",
        gone=["reason", "note", "said", "why_call", "pending", "pending_at", "work", "call"],
        export="incidents",
        hidden=["customer", "work", "chosen", "hand", "by_hand", "pending", "pending_at", "call", "why_call"],
    )
]
_LIVE = {"$in": list(LIVE)}
_TRIES = 10


def _rest_again(database: Mongo, merged: Merged) -> None:
    """What is open of either is open of the one they are now."""
    found = database["incident_cases"].find({"customer": {"$in": [merged.old, merged.into]}, "state": _LIVE})
    for case in from_documents(found, Case):
        if case.rests_until:
            change = {"$set": {f"care.open.{case.id}": case.rests_until}}
            database["customers"].update_one({"_id": merged.into}, change)


MERGING: list[Merging] = [_rest_again]


class MongoCases:
    """Cases (Cases, CaseWork)."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._cases = database["incident_cases"]
        self._customers = database["customers"]
        self._clock = clock

    def open(self, cases: Sequence[Case]) -> set[str]:
        """Keep new ones, and note at their customers that marketing rests; the ids of those that were new."""
        known = self.get([case.id for case in cases])
        fresh = [case for case in cases if case.id not in known]
        self._rest(fresh)
        told = [to_document(case) | pending_fields([_opened(case)]) | {"state": case.state} for case in fresh]
        taken = insert_new(self._cases, told)
        # Who was overtaken may have noted the rest of a case that ended meanwhile.
        for case in self.get(sorted(taken)).values():
            if not case.live:
                self._wake(case)
        return {case.id for case in fresh} - taken

    def get(self, ids: Sequence[str]) -> dict[str, Case]:
        """Those of these that exist, by id."""
        if not ids:
            return {}
        return {case.id: case for case in from_documents(self._cases.find({"_id": {"$in": list(ids)}}), Case)}

    def of_orders(self, orders: Sequence[str]) -> list[Case]:
        """All cases of these orders."""
        return from_documents(self._cases.find({"order": {"$in": list(orders)}}), Case) if orders else []

    def end(self, case: Case, state: CaseState, ending: str, by: str = "", note: str = "") -> bool:
        """Solve or close a live case; marketing no longer rests for its sake. False where it ended already."""
        self._wake(case)
        for _ in range(_TRIES):
            now = self._clock.now()
            fields: Document = {"state": state, "ending": ending, "ended_at": now}
            fields |= {name: value for name, value in (("ended_by", by), ("note", note)) if value}
            gone: Document = {"call": "", "why_call": ""}
            if case.told_at and state == "solved" and ending != "overtaken":
                fields["work"] = "cheer"
            elif case.work in ("tell", "date"):
                gone["work"] = ""
            ended = event(f"incident_{state}", now, case.customer, [case.id], **_about(case), ending=ending)
            pushed = pending_push([ended])
            held = {"_id": case.id, "state": case.state, "work": case.work or None, "told_at": case.told_at}
            update = {"$set": fields | pushed["$set"], "$push": pushed["$push"], "$unset": gone}
            if self._cases.update_one(held, update).modified_count:
                return True
            current = self.get([case.id]).get(case.id)
            if current is None or not current.live:
                return False
            case = current
        return False

    def learn(self, case: Case, reason: str, expected_at: datetime | None) -> bool:
        """Note the latest word on a live case; True where who was told another date is to be told this one."""
        said: Document = {name: value for name, value in (("reason", reason), ("expected_at", expected_at)) if value}
        for _ in range(_TRIES):
            if not case.live or all(getattr(case, name) == value for name, value in said.items()):
                return False
            # Whose message is still under way is looked at again when it has arrived (`told`).
            tell = case.told_at is not None and not case.work and case.expected_at != said.get("expected_at")
            rests = rest_until(case, expected_at)
            if rests != case.rests_until:
                self._rest([replace(case, rests_until=rests)])
                said["rests_until"] = rests
            fields: Document = {**said, "work": "date"} if tell and expected_at else said
            held = {"_id": case.id, "state": case.state, "work": case.work or None, "told_at": case.told_at}
            if self._cases.update_one(held, {"$set": fields}).matched_count:
                return "work" in fields
            current = self.get([case.id]).get(case.id)
            if current is None:
                return False
            if not current.live:  # it ended meanwhile, and with it the rest
                self._wake(current)
            case = current
        return False

    def waiting(self, work: Work, limit: int) -> list[Case]:
        """Those with this work to do, the oldest first."""
        return from_documents(self._cases.find({"work": work}).sort("opened_at", 1).limit(limit), Case)

    def sold_out(self) -> list[Case]:
        """Those that wait for something to be there again."""
        return from_documents(self._cases.find({"state": _LIVE, "cause": "out_of_stock"}, {"pending": 0}), Case)

    def choose(self, case: str, chosen: Chosen) -> Case:
        """Note what is to be given, unless that was chosen before; the case as it is then."""
        self._cases.update_one({"_id": case, "chosen": None}, {"$set": {"chosen": to_document(chosen)}})
        return from_document(self._cases.find_one({"_id": case}) or {}, Case)

    def give(self, case: str, given: Given) -> None:
        """Note what was given, once."""
        self._cases.update_one({"_id": case, "given.id": {"$ne": given.id}}, {"$push": {"given": to_document(given)}})

    def note(self, case: Case, **changes: Any) -> bool:
        """Set fields of a case whose work is still what it was; "", None and False take one away. False else."""
        given = {name: plain(value) for name, value in changes.items() if value}
        gone = {name: "" for name, value in changes.items() if not value}
        update: Document = ({"$set": given} if given else {}) | ({"$unset": gone} if gone else {})
        return bool(self._cases.update_one({"_id": case.id, "work": case.work or None}, update).matched_count)

    def planned(self, case: Case, message: str) -> None:
        """Note the message that tells a case; whether it arrives is to be watched, even if the case ended meanwhile."""
        held: Document = {"_id": case.id, "message": None}
        self._cases.update_one(held, {"$set": {"message": message, "work": "watch"}})

    def updating(self, case: Case, message: str) -> None:
        """Note the message that tells a changed date, once; whether it arrives is to be watched."""
        held: Document = {"_id": case.id, "work": "date", "updates": {"$ne": message}}
        self._cases.update_one(held, {"$set": {"work": "watch"}, "$push": {"updates": message}})

    def told(self, case: Case, at: datetime, date: datetime | None) -> None:
        """Note that what was told, with this date in it, was handed over.

        One that was solved meanwhile is to be told that, too, and one of which another date was heard meanwhile that.
        """
        what, nth = ("incident_dated", [len(case.updates)]) if case.told_at else ("incident_told", [])
        about = event(what, at, case.customer, [case.id, *nth], **_about(case), **({"date": date} if nth else {}))
        for _ in range(_TRIES):
            pushed = pending_push([about])
            fields: Document = {"told_at": case.told_at or at, **pushed["$set"]}
            pushes = pushed["$push"] | ({"dates": date} if date else {})
            gone: Document = {"work": ""}
            if case.state == "open":
                fields["state"] = "told"
            if case.live and case.expected_at and case.expected_at != date:
                fields["work"], gone = "date", {}
            elif case.state == "solved" and case.ending != "overtaken":
                fields["work"], gone = "cheer", {}
            held = {"_id": case.id, "work": "watch", "state": case.state, "expected_at": case.expected_at}
            update = {"$set": fields, "$push": pushes} | ({"$unset": gone} if gone else {})
            if self._cases.update_one(held, update).matched_count:
                return
            current = self.get([case.id]).get(case.id)
            if current is None or current.work != "watch":
                return
            case = current

    def reserve(self, case: Case, id: str, amount: int, limit: int) -> bool:
        """Take what a person gives out of what people may give a case, once for its id; False where it is too much."""
        held: Document = {"_id": case.id, "hand": {"$ne": id}, "by_hand": {"$not": {"$gt": limit - amount}}}
        if amount > limit:
            return False
        done = self._cases.update_one(held, {"$inc": {"by_hand": amount}, "$push": {"hand": id}}).matched_count
        return bool(done) or id in self.get([case.id])[case.id].hand

    def release(self, case: Case, id: str, amount: int) -> None:
        """Give it back, once."""
        self._cases.update_one({"_id": case.id, "hand": id}, {"$inc": {"by_hand": -amount}, "$pull": {"hand": id}})

    def page(self, after: str, limit: int, **wanted: Any) -> list[Case]:
        """A page in the order of ids of those with these fields; None wants any value."""
        query: Document = {name: value for name, value in wanted.items() if value is not None}
        found = self._cases.find({**query, "_id": {"$gt": after}}, {"pending": 0}).sort("_id", 1).limit(limit)
        return from_documents(found, Case)

    def wanting(self, after: str, limit: int, wants: str | None = None) -> list[Case]:
        """A page in the order of ids of live ones for which a customer chose something, or this."""
        wanted = {"$in": [wants] if wants else [one for one in CHOICES if one]}
        query: Document = {"wants": wanted, "state": _LIVE, "_id": {"$gt": after}}
        return from_documents(self._cases.find(query, {"pending": 0}).sort("_id", 1).limit(limit), Case)

    def called(self, case: str, by: str, note: str) -> None:
        """Note that a person has spoken with the customer."""
        said = {"called_by": by} | ({"note": note} if note else {})
        self._cases.update_one({"_id": case}, {"$set": said, "$unset": {"call": "", "why_call": ""}})

    def want(self, case: Case, choice: Choice, product: str = "") -> bool:
        """Note what a customer chose for a live case, and tell of it; the same again is no news. False where it ended.

        The last choice stands, until the case ends.
        """
        now = self._clock.now()
        chosen: Document = {"wants": choice, "wants_at": now} | ({"wants_product": product} if product else {})
        about = _about(case) | {"choice": choice} | ({"product": product} if product else {})
        pushed = pending_push(
            [event("incident_choice", now, case.customer, [case.id, choice, product, now.isoformat()], **about)]
        )
        gone: Document = {} if product else {"$unset": {"wants_product": ""}}
        other = {"$or": [{"wants": {"$ne": choice}}, {"wants_product": {"$ne": product or None}}]}
        update = {"$set": chosen | pushed["$set"], "$push": pushed["$push"], **gone}
        if self._cases.update_one({"_id": case.id, "state": _LIVE, **other}, update).matched_count:
            return True
        current = self.get([case.id]).get(case.id)
        return current is not None and current.live

    def speak(self, case: Case, said: str) -> None:
        """Note that a customer would like to speak with a person, and about what."""
        words = {"said": said} if said else {}
        self._cases.update_one({"_id": case.id}, {"$set": {"call": True, "why_call": "asked", **words}})

    def given_in(self, incident: str, customer: str) -> list[Case]:
        """The cases of a customer in an incident."""
        return from_documents(self._cases.find({"incident": incident, "customer": customer}), Case)

    def _rest(self, cases: Sequence[Case]) -> None:
        writes = [
            UpdateOne({"_id": case.customer}, {"$set": {f"care.open.{case.id}": case.rests_until}})
            for case in cases
            if case.rests_until
        ]
        if writes:
            self._customers.bulk_write(writes, ordered=False)

    def _wake(self, case: Case) -> None:
        self._customers.update_one({"_id": case.customer}, {"$unset": {f"care.open.{case.id}": ""}})


def _about(case: Case) -> dict[str, Any]:
    return {"order": case.order, "cause": case.cause, "incident": case.incident, "case": case.id}


def _opened(case: Case) -> Event:
    return event(
        "incident_opened", case.opened_at, case.customer, [case.id], **_about(replace(case)), reason=case.reason
    )

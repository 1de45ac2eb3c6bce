"""Referral programmes, and the codes of those who may send."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from pymongo.errors import DuplicateKeyError

from common.clock import Clock
from common.errors import Conflict, NotFound, Stale
from common.events import Event
from loyalty.changes import changed, differing
from loyalty.programme import ReferralCode, ReferralProgramme, checked
from storage.events import pending_fields, pending_index, pending_push
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, to_document
from storage.personal import Personal
from storage.writes import insert_new

PUMPED = "referral_programmes"

INDEXES = [Index(collection="referral_codes", keys=[("customer", 1)]), pending_index(PUMPED)]
PERSONAL = [Personal(collection="referral_codes", customer="customer", export="referral_codes", hidden=["customer"])]


class MongoProgrammes:
    """Programmes and codes (Programmes, ReferralCodes); a code is its document's id."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._programmes = database["referral_programmes"]
        self._clock = clock
        self._codes = database["referral_codes"]

    def add(self, programme: ReferralProgramme, by: str = "") -> None:
        """Keep a new programme; raises Invalid where it makes no sense, Conflict where its id is taken."""
        told = pending_fields([_change(None, checked(programme), self._clock.now(), by)])
        try:
            self._programmes.insert_one(to_document(programme) | told)
        except DuplicateKeyError:
            raise Conflict(f"There is a referral programme {programme.id!r} already.", "exists") from None

    def get(self, id: str) -> ReferralProgramme:
        """One programme; raises NotFound."""
        document = self._programmes.find_one({"_id": id})
        if document is None:
            raise NotFound("referral programme", id)
        return from_document(document, ReferralProgramme)

    def page(self, after: str, limit: int) -> list[ReferralProgramme]:
        """A page in the order of ids."""
        return from_documents(
            self._programmes.find({"_id": {"$gt": after}}).sort("_id", 1).limit(limit), ReferralProgramme
        )

    def change(self, programme: ReferralProgramme, expected_version: int, by: str = "") -> ReferralProgramme:
        """Keep other rules; raises Invalid where they make no sense, Stale where the version no longer holds."""
        now = self._clock.now()
        wanted = msgspec.structs.replace(checked(programme), version=expected_version + 1, updated_at=now)
        # Version 1 was not written by a programme of before there were versions.
        still: Document = {"_id": programme.id, "version": expected_version}
        if expected_version == 1:
            still["version"] = {"$in": [1, None]}
        kept = self.get(programme.id)
        fixed = msgspec.structs.replace(wanted, seed=kept.seed, created_at=kept.created_at)
        told, document = pending_push([_change(kept, fixed, now, by)]), to_document(fixed)
        update = {"$set": document | told["$set"], "$push": told["$push"]}
        # What is as it is by default does not stand in the document.
        if gone := {name: "" for name in ReferralProgramme.__struct_encode_fields__ if name not in document}:
            update["$unset"] = gone
        if not self._programmes.update_one(still, update).matched_count:
            raise Stale(f"Referral programme {programme.id!r} has been changed since; read it again.")
        return self.get(programme.id)

    def add_codes(self, codes: Sequence[ReferralCode]) -> set[str]:
        """Keep codes in bulk; returns those that were kept already, which stay as they were."""
        return insert_new(self._codes, [to_document(code) for code in codes])

    def codes(self, codes: Sequence[str]) -> dict[str, ReferralCode]:
        """Those of these codes that exist."""
        found = self._codes.find({"_id": {"$in": list(codes)}})
        return {document["_id"]: from_document(document, ReferralCode) for document in found}


def _change(was: ReferralProgramme | None, now: ReferralProgramme, at: datetime, by: str) -> Event:
    what = "made" if was is None else "changed"
    return changed("referral_programme", (now.id, now.version), what, at, by, differing(was, now))

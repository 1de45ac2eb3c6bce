"""Referral programmes, and the codes of those who may send."""

from collections.abc import Sequence

import msgspec
from pymongo.errors import DuplicateKeyError

from common.clock import Clock
from common.errors import Conflict, NotFound, Stale
from loyalty.programme import ReferralCode, ReferralProgramme, checked
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, to_document
from storage.personal import Personal
from storage.writes import insert_new

INDEXES = [Index(collection="referral_codes", keys=[("customer", 1)])]
PERSONAL = [Personal(collection="referral_codes", customer="customer", export="referral_codes", hidden=["customer"])]


class MongoProgrammes:
    """Programmes and codes (Programmes, ReferralCodes); a code is its document's id."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._programmes = database["referral_programmes"]
        self._clock = clock
        self._codes = database["referral_codes"]

    def add(self, programme: ReferralProgramme) -> None:
        """Keep a new programme; raises Invalid where it makes no sense, Conflict where its id is taken."""
        try:
            self._programmes.insert_one(to_document(checked(programme)))
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

    def change(self, programme: ReferralProgramme, expected_version: int) -> ReferralProgramme:
        """Keep other rules; raises Invalid where they make no sense, Stale where the version no longer holds."""
        wanted = msgspec.structs.replace(checked(programme), version=expected_version + 1, updated_at=self._clock.now())
        # Version 1 was not written by a programme of before there were versions.
        still: Document = {"_id": programme.id, "version": expected_version}
        if expected_version == 1:
            still["version"] = {"$in": [1, None]}
        kept = self.get(programme.id)
        fixed = msgspec.structs.replace(wanted, seed=kept.seed, created_at=kept.created_at)
        if not self._programmes.replace_one(still, to_document(fixed)).matched_count:
            raise Stale(f"Referral programme {programme.id!r} has been changed since; read it again.")
        return self.get(programme.id)

    def add_codes(self, codes: Sequence[ReferralCode]) -> set[str]:
        """Keep codes in bulk; returns those that were kept already, which stay as they were."""
        return insert_new(self._codes, [to_document(code) for code in codes])

    def codes(self, codes: Sequence[str]) -> dict[str, ReferralCode]:
        """Those of these codes that exist."""
        found = self._codes.find({"_id": {"$in": list(codes)}})
        return {document["_id"]: from_document(document, ReferralCode) for document in found}

"""Vouchers by their codes."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from common.clock import Clock
from loyalty.changes import changed
from loyalty.voucher import Voucher, VoucherState
from storage.events import pending_index, pending_push
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, to_documents
from storage.personal import Personal
from storage.writes import insert_new

PUMPED = "vouchers"

INDEXES = [
    Index(collection="vouchers", keys=[("customer", 1)], only={"customer": {"$exists": True}}),
    Index(collection="vouchers", keys=[("alike", 1)], only={"alike": {"$exists": True}}),
    Index(collection="vouchers", keys=[("offer", 1), ("_id", 1)]),
    Index(collection="vouchers", keys=[("issued_at", 1)]),
    Index(collection="vouchers", keys=[("valid_until", 1)], only={"valid_until": {"$exists": True}}),
    pending_index("vouchers"),
]
# The source of a code that was minted for a list of customers names its customer.
PERSONAL = [
    Personal(
        collection="vouchers",
        customer="customer",
        erase="nobody",
        become={"source": "erased", "state": "cancelled"},
        export="vouchers",
        hidden=["customer", "source", "alike", "pending", "pending_at"],
    )
]


class MongoVouchers:
    """Vouchers (VoucherStore); the code is the id, so a code belongs to one voucher."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._vouchers = database["vouchers"]
        self._clock = clock

    def add(self, vouchers: Sequence[Voucher]) -> set[str]:
        """Keep new ones in bulk; returns the codes that were taken already, whose vouchers stay as they were."""
        return insert_new(self._vouchers, to_documents(vouchers))

    def get(self, codes: Sequence[str]) -> dict[str, Voucher]:
        """Those of these codes that exist."""
        found = self._vouchers.find({"_id": {"$in": list(codes)}})
        return {document["_id"]: from_document(document, Voucher) for document in found}

    def set_state(self, was: Voucher, state: VoucherState, by: str = "") -> Voucher | None:
        """Disable, enable or cancel a code; None where it has changed since it was read."""
        version = was.version + 1
        fields = {"state": [was.state, state]}
        told = pending_push([changed("voucher", (was.code, version), "changed", self._clock.now(), by, fields)])
        update = {"$set": {"state": state, "version": version} | told["$set"], "$push": told["$push"]}
        # What nobody has changed yet has no version, and what is active has no state.
        still: Document = {"_id": was.code, "version": was.version if was.version > 1 else {"$exists": False}}
        still["state"] = {"$in": ["active", None]} if was.state == "active" else was.state
        held = self._vouchers.update_one(still, update).matched_count == 1
        return replace(was, state=state, version=version) if held else None

    def like(self, alike: str) -> list[Voucher]:
        """Up to two of the shop's own codes that look like this."""
        return from_documents(self._vouchers.find({"alike": alike}).limit(2), Voucher)

    def of_offer(self, offer: str, after: str, limit: int) -> Iterator[Voucher]:
        """An offer's vouchers in the order of their codes, up to so many or, with a limit of 0, all; read as needed."""
        found = self._vouchers.find({"offer": offer, "_id": {"$gt": after}}).sort("_id", 1).limit(limit)
        return (from_document(document, Voucher) for document in found)

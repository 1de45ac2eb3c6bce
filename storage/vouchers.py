"""Vouchers by their codes."""

from collections.abc import Iterator, Sequence

from loyalty.voucher import Voucher, VoucherState
from storage.indexes import Index
from storage.mongo import Mongo, from_document, from_documents, to_documents
from storage.personal import Personal
from storage.writes import insert_new

INDEXES = [
    Index(collection="vouchers", keys=[("customer", 1)], only={"customer": {"$exists": True}}),
    Index(collection="vouchers", keys=[("alike", 1)], only={"alike": {"$exists": True}}),
    Index(collection="vouchers", keys=[("offer", 1), ("_id", 1)]),
]
# The source of a code that was minted for a list of customers names its customer.
PERSONAL = [
    Personal(
        collection="vouchers",
        customer="customer",
        erase="nobody",
        become={"source": "erased", "state": "cancelled"},
        export="vouchers",
        hidden=["customer", "source", "alike"],
    )
]


class MongoVouchers:
    """Vouchers (VoucherStore); the code is the id, so a code belongs to one voucher."""

    def __init__(self, database: Mongo) -> None:
        self._vouchers = database["vouchers"]

    def add(self, vouchers: Sequence[Voucher]) -> set[str]:
        """Keep new ones in bulk; returns the codes that were taken already, whose vouchers stay as they were."""
        return insert_new(self._vouchers, to_documents(vouchers))

    def get(self, codes: Sequence[str]) -> dict[str, Voucher]:
        """Those of these codes that exist."""
        found = self._vouchers.find({"_id": {"$in": list(codes)}})
        return {document["_id"]: from_document(document, Voucher) for document in found}

    def set_state(self, code: str, state: VoucherState) -> bool:
        """Disable, enable or cancel a code; False where it was cancelled already, or does not exist."""
        change = {"$set": {"state": state}}
        return self._vouchers.update_one({"_id": code, "state": {"$ne": "cancelled"}}, change).matched_count == 1

    def like(self, alike: str) -> list[Voucher]:
        """Up to two of the shop's own codes that look like this."""
        return from_documents(self._vouchers.find({"alike": alike}).limit(2), Voucher)

    def of_offer(self, offer: str, after: str, limit: int) -> Iterator[Voucher]:
        """An offer's vouchers in the order of their codes, up to so many or, with a limit of 0, all; read as needed."""
        found = self._vouchers.find({"offer": offer, "_id": {"$gt": after}}).sort("_id", 1).limit(limit)
        return (from_document(document, Voucher) for document in found)

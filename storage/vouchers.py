"""Vouchers by their codes."""

from collections.abc import Sequence

from loyalty.voucher import Voucher
from storage.indexes import Index
from storage.mongo import Mongo, from_document, to_document
from storage.personal import Personal
from storage.writes import insert_new

INDEXES = [Index(collection="vouchers", keys=[("customer", 1)], only={"customer": {"$exists": True}})]
# The source of a code that was minted for a list of customers names its customer.
PERSONAL = [
    Personal(
        collection="vouchers",
        customer="customer",
        erase="nobody",
        become={"source": "erased", "state": "cancelled"},
        export="vouchers",
        hidden=["customer", "source"],
    )
]


class MongoVouchers:
    """Vouchers (VoucherStore); the code is the id, so a code belongs to one voucher."""

    def __init__(self, database: Mongo) -> None:
        self._vouchers = database["vouchers"]

    def add(self, vouchers: Sequence[Voucher]) -> set[str]:
        """Keep new ones in bulk; returns the codes that were taken already, whose vouchers stay as they were."""
        return insert_new(self._vouchers, [to_document(voucher) for voucher in vouchers])

    def get(self, codes: Sequence[str]) -> dict[str, Voucher]:
        """Those of these codes that exist."""
        found = self._vouchers.find({"_id": {"$in": list(codes)}})
        return {document["_id"]: from_document(document, Voucher) for document in found}

    def cancel(self, code: str) -> bool:
        """Make a code useless from now on; False where it was already, or does not exist."""
        change = {"$set": {"state": "cancelled"}}
        return self._vouchers.update_one({"_id": code, "state": {"$ne": "cancelled"}}, change).modified_count == 1

"""The shop's own codes: taken in from a list, each refused one by its line and reason, the same list twice once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from common.clock import Clock
from common.ids import is_shop_id
from loyalty import codes
from loyalty.code_changes import BEGUN, ENDED, CodeChanges
from loyalty.minting import CHUNK, own_end
from loyalty.offer import Offer, Offers
from loyalty.voucher import Voucher, VoucherStore

# A list is read to its end, and that many of its refused lines are told.
TOLD = 1_000

TWICE, TAKEN, OTHER_OWNER, BAD_CUSTOMER = "twice", "taken", "other_owner", "bad_customer"
SENTENCES = {
    TWICE: "The code stands in the list already, in a line before.",
    TAKEN: "The code belongs to another offer.",
    OTHER_OWNER: "The offer has this code already, for somebody else.",
    BAD_CUSTOMER: "The customer's id has 1 to 64 printable characters and no '/'.",
}
REASONS = (codes.EMPTY, codes.TOO_SHORT, codes.TOO_LONG, codes.CHARACTERS, *SENTENCES)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list: a code, and whose it is (empty: anybody's); or what is wrong with the line."""

    line: int
    code: str = ""
    customer: str = ""
    reason: str = ""
    detail: str = ""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a list: how many were taken, known before, refused; and why, of the first refused ones."""

    taken: int
    known: int
    refused: int
    errors: list[Row]


class OwnCodes:
    """Takes lists of codes; `lead` says which ids of customers lead to others now."""

    def __init__(
        self,
        offers: Offers,
        store: VoucherStore,
        lead: Callable[[Sequence[str]], Mapping[str, str]],
        changes: CodeChanges,
        clock: Clock,
    ) -> None:
        self._offers = offers
        self._store = store
        self._lead = lead
        self._changes = changes
        self._clock = clock

    def take(self, offer_id: str, rows: Iterable[Row], single_use: bool, by: str = "") -> Listed:
        """Make vouchers of an offer with these codes; raises NotFound for the offer.

        A code with a customer is theirs alone and good for one use; another is so with `single_use`. Lists are worked
        on in parts, so one whose reading fails half way has been taken up to there, and can be sent again. `by` says
        who wants it, for the offer's list of changes.
        """
        offer = self._offers.get(offer_id)
        self._changes.tell(offer.id, BEGUN, by, {"single_use": single_use})
        taken, known, refused = 0, 0, 0
        errors: list[Row] = []
        lines: dict[str, int] = {}
        source = iter(rows)
        while part := list(islice(source, CHUNK)):
            vouchers, wrong = self._sorted(offer, part, single_use, lines)
            added, others = self._keep(vouchers, lines)
            taken += added
            known += len(vouchers) - added - len(others)
            refused += len(wrong) + len(others)
            errors += sorted([*wrong, *others], key=lambda row: row.line)[: TOLD - len(errors)]
        self._changes.tell(offer.id, ENDED, by, {"taken": taken, "known": known, "refused": refused})
        return Listed(taken=taken, known=known, refused=refused, errors=errors)

    def _sorted(
        self, offer: Offer, rows: Sequence[Row], single_use: bool, lines: dict[str, int]
    ) -> tuple[list[Voucher], list[Row]]:
        """The vouchers that these lines ask for, and the lines that ask for none; `lines` are those of codes so far."""
        vouchers, wrong = [], []
        now = self._clock.now()
        ends = own_end(offer, now)
        leads = self._lead([row.customer for row in rows if row.customer])
        for row in rows:
            plain = codes.written(row.code)
            if reason := _fault(row, plain, lines):
                wrong.append(_refused(row, reason))
                continue
            lines[plain] = row.line
            customer = leads.get(row.customer, row.customer)
            vouchers.append(
                Voucher(
                    code=plain,
                    offer=offer.id,
                    source=f"own:{plain}",
                    issued_at=now,
                    customer=customer,
                    single_use=single_use or bool(customer),
                    valid_until=ends,
                    alike=codes.alike(plain),
                    written=row.code.strip() if row.code.strip() != plain else "",
                )
            )
        return vouchers, wrong

    def _keep(self, vouchers: Sequence[Voucher], lines: Mapping[str, int]) -> tuple[int, list[Row]]:
        """Keep vouchers: how many are new, and those whose code somebody else has."""
        there = self._store.add(vouchers)
        kept = self._store.get(list(there)) if there else {}
        return len(vouchers) - len(there), list(_others(vouchers, kept, lines))


def _others(vouchers: Sequence[Voucher], kept: Mapping[str, Voucher], lines: Mapping[str, int]) -> Iterator[Row]:
    for voucher in vouchers:
        other = kept.get(voucher.code)
        if other is None or (other.offer, other.customer) == (voucher.offer, voucher.customer):
            continue
        reason = TAKEN if other.offer != voucher.offer else OTHER_OWNER
        line = Row(line=lines[voucher.code], code=voucher.written or voucher.code)
        yield _refused(line, reason)


def _fault(row: Row, plain: str, lines: Mapping[str, int]) -> str:
    if row.reason:
        return row.reason
    if fault := codes.fault(plain, row.code):
        return fault
    if row.customer and not is_shop_id(row.customer):
        return BAD_CUSTOMER
    return TWICE if plain in lines else ""


def _refused(row: Row, reason: str) -> Row:
    detail = row.detail or SENTENCES.get(reason) or codes.REASONS[reason]
    return Row(line=row.line, code=row.code[: codes.LONGEST], reason=reason, detail=detail)

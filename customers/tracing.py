"""What a row takes from elsewhere: who it is of, what its order said before, which line it was mended for."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from common.errors import Invalid
from customers.addresses import EMAIL
from customers.columns import OF_THE_LINE
from customers.plan import MENDED_FILE, MENDED_LINE, Plan
from customers.reading import Record
from customers.refusals import Refused
from customers.rows import Cells, People

# So many addresses and products of a file are remembered, to ask the database once for each.
REMEMBERED = 50_000


class Known(Protocol):
    """What is there already, in bulk."""

    def with_address(self, channel: str, addresses: Sequence[str]) -> dict[str, list[str]]:
        """The customers who have each of these (normalised) addresses."""
        ...

    def customers(self, ids: Sequence[str]) -> set[str]:
        """Those of these customers that there are, under this id or one they were merged into."""
        ...

    def orders(self, ids: Sequence[str]) -> dict[str, str]:
        """Those of these orders that there are, and which file the lines of each are from; "" where from none."""
        ...

    def products(self, ids: Sequence[str]) -> set[str]:
        """Those of these products that there are."""
        ...


class Ids:
    """Who rows are of: by the shop's id, or by their e-mail address, found or derived."""

    def __init__(self, known: Known, id_of: Callable[[str], str], people: People) -> None:
        self._known, self._id_of, self._people = known, id_of, people
        self._found: dict[str, list[str]] = {}
        self._asked: dict[str, str] = {}

    def learn(self, batch: Sequence[Record]) -> None:
        """Find those of a batch who are known by their address, in one read."""
        if not self._people.by_email:
            return
        if len(self._found) > REMEMBERED:
            self._found.clear()
        wanted = set()
        for record in batch:
            try:
                if not record.problem:
                    wanted.add(self._people.email(record.cells))
            except Invalid:
                continue  # told when the row is read
        new = sorted(wanted - self._found.keys())
        if new:
            self._found |= {address: [] for address in new} | self._known.with_address(EMAIL, new)

    def of(self, cells: Cells) -> str:
        """The id of who a row is of."""
        if not self._people.by_email:
            return self._people.id(cells)
        address = self._people.email(cells)
        found = self._found[address]
        if len(found) > 1:
            raise Refused("email", "ambiguous_customer", "Several customers have this address; merge them first.")
        return found[0] if found else self._id_of(address)


class Carry:
    """Fills what only the first row of an order says into its next ones."""

    def __init__(self, plan: Plan) -> None:
        carried = [field for field in plan.map.columns if field not in OF_THE_LINE]
        self._order = plan.form.columns.index(plan.map.columns["order_id"])
        self._indexes = [plan.form.columns.index(plan.map.columns[field]) for field in carried]
        self._last: list[str] = []

    def filled(self, record: Record) -> Record:
        """The record with what its order said in the row before."""
        cells = record.cells
        if self._last and cells[self._order] == self._last[self._order]:
            cells = list(cells)
            for index in self._indexes:
                cells[index] = cells[index] or self._last[index]
            record = msgspec.structs.replace(record, cells=cells)
        self._last = cells
        return record


class Mended:
    """Puts rows that were refused and mended to the file and the line they are from."""

    def __init__(self, plan: Plan) -> None:
        self._file = plan.form.columns.index(MENDED_FILE)
        self._line = plan.form.columns.index(MENDED_LINE)
        self._of = plan.mended

    def restored(self, record: Record) -> Record:
        """The record at its first place; one that is of another file is none."""
        file, line = record.cells[self._file].strip(), record.cells[self._line].strip()
        cells = [from_safe(cell) for cell in record.cells]
        if file != self._of or not (line.isascii() and line.isdigit() and len(line) < 10):
            problem = "The row is not of the file that the others are of."
            return msgspec.structs.replace(record, cells=cells, problem=problem, kind="other_file")
        return msgspec.structs.replace(record, cells=cells, line=int(line))


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  # full-width ones too


def to_safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; `from_safe` gives it back as it was."""
    return f"'{cell}" if cell.lstrip("'").lstrip(" ").startswith(_FORMULA) else cell


def from_safe(cell: str) -> str:
    """A cell as it was before `to_safe`."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").lstrip(" ").startswith(_FORMULA) else cell

"""What was settled about a file before its rows are read: its form, its packing, and its column map, all found out."""

import msgspec

from common.ids import derive
from customers.columns import ColumnMap
from customers.reading import Form

# What the report of refused rows adds to the file's own columns, so that mended rows find their places again.
MENDED_FILE, MENDED_LINE = "encore_file", "encore_line"
MENDED = (MENDED_FILE, MENDED_LINE, "encore_field", "encore_reason", "encore_row")


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a file is taken in. `map` has nothing left to find out.

    `grouped`: amounts are seen or said to mark their thousands. `unsure`: nothing seen or said showed what parts
    their cents, so that 1.234 is no amount yet. `mended` is the file whose refused rows these are.
    `guessed` tells how the map came about: given, by name, by the names Encore itself uses, or guessed.
    """

    form: Form
    map: ColumnMap
    gzip: bool = False
    encoding: str = "utf-8"
    grouped: bool = False
    unsure: bool = False
    guessed: str = ""
    mended: str = ""

    def file(self, digest: str) -> str:
        """What tells this file, read so, from every other: the same rows read otherwise are other rows."""
        if self.mended:
            return self.mended
        given = self.map
        how = {
            "columns": given.columns, "constants": given.constants, "decimal": given.decimal, "dates": given.dates,
            "known_by": given.known_by, "time_zone": given.time_zone,
        }  # fmt: skip
        plain = all(field == column for field, column in given.columns.items()) and not given.constants
        if plain and (given.decimal, given.dates, given.known_by, given.time_zone) == ("point", "iso", "id", ""):
            return digest
        return derive(digest, msgspec.json.encode(how, order="deterministic").decode())

"""Why a row of a file is not taken: a sentence for a person, and a word for programs and for counting."""

from common.errors import Invalid
from common.jobs import RowError


class Refused(Invalid):
    """A row that is not taken, because of a field ("" where it is the row as a whole); `kind` is a stable word."""

    def __init__(self, field: str, kind: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason, {field: [reason]})
        self.kind = kind


def row_errors(line: int, error: Invalid, columns: dict[str, str]) -> list[RowError]:
    """What is wrong with a row, a field each; `columns` are the names that fields have in the file."""
    kind = error.kind if isinstance(error, Refused) else "refused"
    return [
        RowError(line=line, field=field, reason=_told(field, " ".join(reasons), columns), kind=kind)
        for field, reasons in error.fields.items()
    ]


def _told(field: str, reason: str, columns: dict[str, str]) -> str:
    column = columns.get(field, field)
    return reason if column == field else f"{reason} (The column {column!r}.)"

"""Long work, going out."""

from marshmallow import fields

from api.schemas.base import Instant, Strict


class RowErrorSchema(Strict):
    """A row that was not taken: its line (the first is 1), the field ("" where it is the row), and the reason."""

    line = fields.Integer(required=True)
    field = fields.String(required=True)
    reason = fields.String(required=True)
    kind = fields.String(required=True, metadata={"description": "The reason as a word: missing_customer, bad_date …"})


class JobSchema(Strict):
    """Work that goes on: `done` of about `total` rows, of which `good` were taken and `bad` were not."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": ["queued", "running", "finished", "failed"]})
    done = fields.Integer(required=True)
    total = fields.Integer(required=True)
    good = fields.Integer(required=True)
    bad = fields.Integer(required=True)
    errors = fields.List(
        fields.Nested(RowErrorSchema),
        required=True,
        metadata={"description": "The first 100 of the bad rows' errors."},
    )
    refused = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "How many rows were not taken, by the kind of their first error."},
    )
    notes = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "What was counted and is no error, like `equal_lines`."},
    )
    ignored_columns = fields.List(fields.String(), required=True)
    map = fields.Dict(
        required=True, metadata={"description": "Of an import: which column is what, and how the file is written."}
    )
    guessed = fields.String(
        required=True,
        metadata={"description": "How the map came about: `names` (they are Encore's), `map …` (by name), or `guess`."},
    )
    dry_run = fields.Boolean(required=True, metadata={"description": "It reads and tells, and changes nothing."})
    preview = fields.List(
        fields.Dict(), required=True, metadata={"description": "Of a dry run: the first rows as they would be kept."}
    )
    detail = fields.String(
        required=True,
        metadata={"description": "Why a failed job failed; of a running one, what it is at when its rows wait."},
    )
    created_at = Instant(required=True)
    started_at = Instant(required=True, allow_none=True)
    finished_at = Instant(required=True, allow_none=True)

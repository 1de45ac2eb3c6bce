"""Column maps, and what a caller says of a file."""

import json
from typing import Any, get_args

from marshmallow import ValidationError, fields, validate

from api.schemas.base import Instant, Strict
from api.schemas.checks import Checked
from customers.columns import FIELDS, Kind
from customers.forms import check_dates
from customers.imports import zone_of
from customers.unpacking import ENCODINGS, encoding_named

MAX_COLUMN = 200
NAME_PATTERN = "^[a-z0-9][a-z0-9_-]{0,63}$"
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_ALL_FIELDS = sorted({field for kind in FIELDS.values() for field in kind.all})


def column_names(**settings: Any) -> fields.Dict:
    """Field -> the file's column, or the constant that holds for every row."""
    names = fields.String(validate=validate.OneOf(_ALL_FIELDS))
    return fields.Dict(keys=names, values=fields.String(validate=validate.Length(0, MAX_COLUMN)), **settings)


class JsonNames(fields.String):
    """A JSON object in a query parameter: {"order_id": "Invoice No"}."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            found = json.loads(super()._deserialize(value, attr, data, **kwargs))
        except (ValueError, RecursionError):
            raise ValidationError('Not a JSON object, like {"order_id": "Invoice No"}.') from None
        if not isinstance(found, dict):
            raise ValidationError('Not a JSON object, like {"order_id": "Invoice No"}.')
        checked: dict[str, str] = column_names().deserialize(found)
        for text in checked.values():
            if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
                raise ValidationError("Contains a NUL or half a surrogate pair.")
        return checked


def encoding(**settings: Any) -> Checked:
    """A text encoding."""
    about = f"One of {', '.join(ENCODINGS)}."
    return Checked(encoding_named, **{**settings, "metadata": {"description": about}})


def _dates(text: str) -> str:
    check_dates(text)
    return text


def dates(**settings: Any) -> Checked:
    """How dates are written."""
    about = "`iso`, `day_first`, `month_first`, or a pattern like `%d %b %Y %H:%M`; found out where left out."
    return Checked(_dates, **{**settings, "metadata": {"description": about}})


def word(*words: str, **settings: Any) -> fields.String:
    """One of these words."""
    return fields.String(validate=validate.OneOf(words), **settings)


class ImportArgs(Strict):
    """What is to be said of a file; what is left out is found out from it, and where it is not clear, asked for."""

    map = fields.String(validate=validate.Regexp(NAME_PATTERN), metadata={"description": "A map's name."})
    columns = JsonNames(metadata={"description": 'Fields and their columns, as JSON: {"order_id": "Invoice No"}.'})
    constants = JsonNames(metadata={"description": 'What holds for every row, as JSON: {"currency": "EUR"}.'})
    delimiter = word(*_DELIMITERS)
    encoding = encoding()
    decimal = word("point", "comma")
    dates = dates()
    time_zone = Checked(zone_of, metadata={"description": "Of instants without an offset; UTC where left out."})
    dry_run = fields.Boolean(load_default=False, metadata={"description": "Read everything, change nothing, and tell."})


class ReturnsSchema(Strict):
    """Which rows are goods that came back."""

    order_id_prefix = fields.String(load_default="", validate=validate.Length(max=20))
    negative_quantity = fields.Boolean(load_default=False)


class ColumnMapBodySchema(Strict):
    """Which column of a file says what, and how it is written; what is left out of the latter is found out."""

    kind = fields.String(required=True, validate=validate.OneOf(get_args(Kind)))
    about = fields.String(load_default="", validate=validate.Length(max=1_000))
    columns = column_names(load_default=dict)
    constants = column_names(load_default=dict)
    attributes = fields.Dict(
        keys=fields.String(),
        values=fields.String(validate=validate.Length(1, MAX_COLUMN)),
        load_default=dict,
        validate=validate.Length(max=100),
        metadata={"description": "Of customers: the shop's own facts, by name."},
    )
    delimiter = word("", *_DELIMITERS, load_default="")
    encoding = encoding(load_default="")
    decimal = word("", "point", "comma", load_default="")
    dates = dates(load_default="")
    time_zone = Checked(zone_of, load_default="")
    lists = word("semicolon", "comma", "bar", load_default="semicolon")
    carry_down = fields.Boolean(
        load_default=False, metadata={"description": "An order's own cells are on its first row."}
    )
    known_by = word("id", "email", load_default="id")
    returns = fields.Nested(ReturnsSchema, load_default=None, allow_none=True)
    zero_price = word("keep", "refuse", load_default="keep")
    apostrophes = fields.Boolean(load_default=False, metadata={"description": "Ids begin with an apostrophe."})


class ColumnMapSchema(ColumnMapBodySchema):
    """A column map as it is kept."""

    name = fields.String(required=True)
    shipped = fields.Boolean(required=True, metadata={"description": "It came with Encore, and stays as it is."})
    changed_at = Instant(required=True, allow_none=True)
    version = fields.Integer(required=True)


def mark_of(name: str) -> Any:
    """What parts cells, by its name."""
    return _DELIMITERS.get(name, "")


def name_of(mark: str) -> str:
    """The name of what parts cells."""
    return next((name for name, known in _DELIMITERS.items() if known == mark), "")

"""Column maps: which column of a file says what, and how it is written. A map can be kept by name."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from common.errors import Invalid
from customers.attributes import check_name

Kind = Literal["customers", "orders", "products"]


class Fields(msgspec.Struct, frozen=True, kw_only=True):
    """What a row of a kind of file can say: what it must, and what it may."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every field."""
        return self.required + self.optional


_PERSON = ("name", "first_name", "last_name", "email", "phone", "country", "locale", "time_zone")

FIELDS: dict[Kind, Fields] = {
    "customers": Fields(
        required=("customer_id",),
        optional=(*_PERSON, "birthday", "preferred_channel", "marketing_email", "marketing_sms", "tags"),
    ),
    "orders": Fields(
        required=("order_id", "customer_id", "placed_at", "product_id", "quantity", "unit_price", "currency"),
        optional=(
            "packed_by", "line_total", "product_name", "total", "discount", "shipping", "tax", "vouchers", "refunded",
            "cancelled_at", "state", "placed_time", *_PERSON,
        ),
    ),
    "products": Fields(
        required=("product_id",),
        optional=("name", "price", "currency", "stock", "categories", "image_url", "url", "substitutes"),
    ),
}  # fmt: skip
# What each row of an order has of its own; the rest is the order's, and is carried down where a map says so.
OF_THE_LINE = frozenset({"product_id", "product_name", "quantity", "unit_price", "line_total"})
# What a new product needs; a file without them changes the products that are known.
OF_A_NEW_PRODUCT = ("name", "price", "currency")


class Returns(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which rows are goods that came back: those whose order's id begins so, those with a quantity below nothing."""

    order_id_prefix: str = ""
    negative_quantity: bool = False


class ColumnMap(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"name": "_id"}):
    """Which column says what, and how it is written; what is left out of the latter is found out from the file.

    `columns` is field -> the file's column, `constants` field -> what holds for every row, `attributes` the shop's
    own facts of customers. `known_by` "email" finds the customer by their address, and gives one nobody knows an id
    derived from it. `carry_down`: an order's own cells stand on its first row only. `apostrophes`: an id begins with
    one, for the sake of spreadsheets. `zero_price` "refuse" takes lines without a price for a mistake.
    """

    name: str = ""
    kind: Kind
    about: str = ""
    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    attributes: dict[str, str] = {}
    delimiter: Literal["", ",", ";", "\t", "|"] = ""
    encoding: str = ""
    decimal: Literal["", "point", "comma"] = ""
    dates: str = ""
    time_zone: str = ""
    lists: Literal[";", ",", "|"] = ";"
    carry_down: bool = False
    known_by: Literal["id", "email"] = "id"
    returns: Returns | None = None
    zero_price: Literal["keep", "refuse"] = "keep"
    apostrophes: bool = False
    changed_at: datetime | None = None
    version: int = 0

    def says(self, field: str) -> bool:
        """Whether rows have this field."""
        return field in self.columns or field in self.constants

    @property
    def used(self) -> set[str]:
        """The file's columns that are read."""
        return {*self.columns.values(), *self.attributes.values()}


def check_map(given: ColumnMap) -> None:
    """Raise Invalid, naming each, for fields that there are not, and for what such a map could never read."""
    fields = FIELDS[given.kind].all
    wrong: dict[str, list[str]] = {}
    for part, named in (("columns", given.columns), ("constants", given.constants)):
        wrong |= {f"{part}.{field}": ["There is no such field."] for field in named if field not in fields}
    wrong |= {f"constants.{field}": ["Is in columns, too."] for field in given.constants if field in given.columns}
    if given.attributes and given.kind != "customers":
        wrong["attributes"] = ["Only customers have attributes."]
    if given.known_by == "email" and given.kind != "products" and not given.says("email"):
        wrong["columns.email"] = ["Needed, since customers are known by it."]
    if (given.carry_down or given.returns) and given.kind != "orders":
        wrong["kind"] = ["Only orders have lines to carry down to, and returns."]
    if wrong:
        raise Invalid("The map is wrong; `errors` names each field.", wrong)
    for name in given.attributes:
        check_name(name)


def missing_fields(given: ColumnMap) -> list[str]:
    """The fields that a file of this kind must have and this map does not tell of."""
    missing = [field for field in FIELDS[given.kind].required if not given.says(field)]
    instead = {"unit_price": given.says("line_total"), "customer_id": given.known_by == "email" and given.says("email")}
    missing = [field for field in missing if not instead.get(field)]
    if given.kind == "products" and not missing and not any(given.says(one) for one in FIELDS["products"].optional):
        missing = list(OF_A_NEW_PRODUCT)
    if given.kind == "products" and given.says("price") and not given.says("currency"):
        missing.append("currency")
    return missing


def check_complete(given: ColumnMap, header: Sequence[str]) -> None:
    """Raise Invalid unless the file has the columns that the map reads, each once, and the map has all it needs."""
    wrong: dict[str, list[str]] = {}
    for field, column in (*given.columns.items(), *given.attributes.items()):
        if column not in header:
            wrong[field] = [f"The file has no column {column!r}."]
        elif list(header).count(column) > 1:
            wrong[field] = [f"The file has the column {column!r} more than once."]
    for field in missing_fields(given):
        wrong.setdefault(field, [_how_to_say(field)])
    if wrong:
        found = ", ".join(header)[:500]
        raise Invalid(f"The file lacks what a file of {given.kind} needs. Its columns are: {found}", wrong)


def _how_to_say(field: str) -> str:
    if field == "currency":
        return 'No column says so. Name the column, or say constants={"currency": "EUR"}.'
    return f'No column says so. Name the column: columns={{"{field}": "…"}}.'

"""A rule: one question about a customer, asked of the database and, with the same answer, in plain Python."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Protocol

import msgspec

from customers.addresses import CHANNELS
from customers.customer import Customer

# Plain MongoDB: a filter over customers, and a stage of an aggregation.
Filter = dict[str, Any]
Stage = dict[str, Any]
# What other collections hold about a customer (and the catalogue), as plain documents: collection -> documents.
Row = Mapping[str, Any]
Beside = Mapping[str, Sequence[Row]]
NOTHING: Beside = MappingProxyType({})

MAX_VALUES = 1_000

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Texts = Annotated[list[Text], msgspec.Meta(min_length=1, max_length=MAX_VALUES)]
Channel = Annotated[str, msgspec.Meta(extra_json_schema={"enum": list(CHANNELS)})]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a marketer fills in for a rule; a kind declares its own, whose types and limits become its JSON schema."""


class Condition(Protocol):
    """Whatever holds for a customer or not: a rule, or a tree of them."""

    def match(self, now: datetime) -> Filter:
        """The filter over customers that finds those it holds for, once the lookups have been made."""
        ...

    def lookups(self, now: datetime) -> dict[str, list[Stage]]:
        """What must be looked up beside a customer's own document: stages by the field that they fill."""
        ...

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """Whether it holds for a customer with this beside them: the meaning that `match` must agree with."""
        ...


class Rule(ABC):
    """A kind of rule. One file in segments/rules declares its settings and answers the question three ways.

    Values from the settings may stand only where a filter compares with a value: `{"$eq": value}`,
    `{"$in": [values]}`, or a `$literal` in an expression. They never become part of a path; a channel and a currency
    may choose one of ours. `group` is the heading of a form it stands under.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    group: ClassVar[str] = "facts"
    Settings: ClassVar[type[Settings]]
    examples: ClassVar[list[dict[str, Any]]]

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """The JSON schema of the settings, with a title for each and every limit, enough to build a form from."""
        schema: dict[str, Any] = msgspec.json.schema(cls.Settings)["$defs"][cls.Settings.__name__]
        named = {name: {"title": _title(name), **field} for name, field in schema["properties"].items()}
        return {**schema, "properties": named}

    @property
    def refers_to(self) -> str:
        """The id of the segment that this rule is about, empty for nearly every kind."""
        return ""

    def bound(self, inner: Condition) -> "Rule":
        """This rule, knowing what the segment it refers to means."""
        raise LookupError(f"The rule {self.name!r} refers to no segment.")

    @property
    def index(self) -> str:
        """The index that finds whom the rule holds for, as `field` of customers or `collection.field`; "" for none.

        Without one the rule is put to every customer whom the other rules leave.
        """
        return ""

    def lookups(self, now: datetime) -> dict[str, list[Stage]]:
        """Nothing, for a rule that the customer's own document answers."""
        return {}

    @abstractmethod
    def match(self, now: datetime) -> Filter:
        """The filter over customers that finds those the rule holds for."""

    @abstractmethod
    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """Whether the rule holds for a customer with this beside them; must agree with `match` for every customer."""

    @abstractmethod
    def value(self, customer: Customer, now: datetime) -> str:
        """What the rule looked at, in a short sentence about this customer."""


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def check_channel(channel: str) -> None:
    """Raise ValueError unless there is such a channel, so that its name is one of ours and may stand in a path."""
    if channel not in CHANNELS:
        raise ValueError(f"There is no channel {channel!r}; there are {' and '.join(CHANNELS)}.")

"""From a checked tree to words: compiled once, rendered many times, strict about what is missing.

The tree is rewritten so that each path of the vocabulary becomes one plain variable: at render nothing is looked
up in an object, so there is no object to climb out of, and rendering costs what bare Jinja2 costs.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from functools import cache, lru_cache
from itertools import islice
from typing import Any, NamedTuple, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from jinja2 import Template, Undefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from common.money import Money
from content import filters
from content.allowlist import Checked, path_of
from content.errors import MissingValue, TooLarge, Unwritable
from content.slots import CUT, cut, woven
from content.vocabulary import FIELDS, Kind, kind_of

OUTPUT_LIMIT = 500_000
ITEMS_LIMIT = 100
VALUE_LIMIT = 5_000  # characters of a value; what is longer is cut, and most likely hostile
MOST = 10**18  # a figure that means something: what is greater is an error or an attack, and infinity never ends
CHUNKS = 200  # rendered pieces of text that are counted at a time
_OR_EMPTY = "_or_empty"

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_URL = re.compile(r"https?://[^\s\"'<>\x00]+|mailto:[^\s\"'<>\x00]+")
# Embeddings and overrides of direction (a name holding one would turn the rest of the line around), and halves of
# characters; and what ends a line or is no character at all.
_STEERING = re.compile("[\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Missing(Undefined):
    """Stands where a value should be: false in an `if`, and MissingValue when anyone tries to write it."""

    __slots__ = ()

    def _fail_with_undefined_error(self, *_args: Any, **_named: Any) -> NoReturn:
        raise MissingValue(str(self._undefined_name))

    __str__ = __len__ = __iter__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _fail_with_undefined_error
    __hash__ = Undefined.__hash__


class Piece(msgspec.Struct, frozen=True):
    """A compiled part of a message: texts that are `fixed`, and a template for the slots between them.

    One that loops is watched while it is rendered, since a list may be long. `links` and `loose` are the slots that
    are, or may hold, addresses of links, `spelt` those whose plain text may hold some (content/slots.py).
    """

    template: Template
    names: frozenset[str]
    loops: bool
    fixed: tuple[str, ...]
    links: frozenset[int]
    loose: frozenset[int]
    spelt: frozenset[int]
    length: int

    def render(self, context: Mapping[str, Any], limit: int = OUTPUT_LIMIT) -> str:
        """The words; `context` comes from `context_for`. Raises MissingValue or TooLarge."""
        return woven(self.fixed, self.fill(context, limit))

    def fill(self, context: Mapping[str, Any], limit: int = OUTPUT_LIMIT) -> list[str]:
        """What stands in each slot. Raises MissingValue or TooLarge."""
        chunks = self.template.root_render_func(self.template.new_context(context, shared=True))  # type: ignore[arg-type]  # only read
        text = "".join(_watched(chunks, limit) if self.loops else chunks)
        slots = text.split(CUT) if len(self.fixed) > 1 else []
        if len(text) - len(slots) + self.length > limit:
            raise TooLarge(limit)
        if len(slots) + 1 != len(self.fixed):
            raise Unwritable("A value holds a character that no text may hold.")
        return slots


def _watched(chunks: Iterator[str], limit: int) -> Iterator[str]:
    """The chunks, counted a few hundred at a time: none is longer than a value may be, or a text of the template."""
    size = 0
    while some := list(islice(chunks, CHUNKS)):
        size += sum(map(len, some))
        if size > limit:
            raise TooLarge(limit)
        yield from some


def compiled(checked: Checked, *, html: bool, addresses: bool = False) -> Piece:
    """A part ready to be rendered; with `html`, every value is escaped. With `addresses`, those that its plain text
    spells out can be written anew for each receiver.
    """
    loops = checked.tree.find(nodes.For) is not None
    environment = _environment(html)
    parts = cut(_Flattening().visit(checked.tree), html=html, addresses=addresses)
    template = Template.from_code(environment, environment.compile(parts.tree), {})
    length = sum(map(len, parts.fixed))
    return Piece(template, checked.names, loops, parts.fixed, parts.links, parts.loose, parts.spelt, length)


def context_for(names: frozenset[str], values: Mapping[str, Any], written_in: str) -> dict[str, Any]:
    """The variables of a template from a person's values; what they lack is Missing.

    `values` are nested mappings by the vocabulary's paths; instants become days in `values["time_zone"]`.
    """
    zone, locale = values.get("time_zone"), values.get("locale")
    zone = _zone(zone if isinstance(zone, str) else "UTC")
    figures = locale if isinstance(locale, str) and locale else written_in
    context: dict[str, Any] = {filters.FORMATS: filters.formats(written_in, figures)}
    for want in _wanted(names):
        value: Any = values
        for step in want.steps:
            value = value.get(step) if isinstance(value, dict) else None
        usable = None if value is None else want.clean(value, zone)
        context[want.flat] = Missing(name=want.path) if usable is None else usable
    return context


class _Want(NamedTuple):
    """A value that a template needs: by which path, as which variable, and how it is made fit to be written."""

    path: str
    steps: tuple[str, ...]
    flat: str
    clean: Callable[[Any, tzinfo], Any]


@lru_cache(maxsize=512)
def _wanted(names: frozenset[str]) -> list[_Want]:
    return [
        _Want(path, tuple(path.split(".")), _flat(path), _CLEANING[kind_of(path) or Kind.TEXT])
        for path in sorted(names)
    ]


def clean(value: str) -> str | None:
    """A text in one line and without characters that steer instead of show; None where nothing is left."""
    text = value[:VALUE_LIMIT]
    if not text.isprintable():
        text = " ".join(_BREAKING.sub(" ", _STEERING.sub("", text)).split())
    return text.strip() or None


def _texts(value: Any, _zone: tzinfo) -> list[str] | None:
    if not isinstance(value, list):
        return None
    cleaned = [clean(item) for item in value[:ITEMS_LIMIT] if isinstance(item, str)]
    return [item for item in cleaned if item] or None


def _items(kind: Kind) -> Callable[[Any, tzinfo], list[tuple[Any, ...]] | None]:
    """Makes each item a tuple, which the `for` of a template takes apart; one without its first field is none."""
    fields = FIELDS[kind]

    def item(value: Mapping[str, Any], zone: tzinfo) -> tuple[Any, ...]:
        cleaned = ((name, _CLEANING[its](value.get(name), zone)) for name, its in fields.items())
        return tuple(Missing(name=name) if usable is None else usable for name, usable in cleaned)

    def cleaned(value: Any, zone: tzinfo) -> list[tuple[Any, ...]] | None:
        found = value[:ITEMS_LIMIT] if isinstance(value, list) else []
        items = [item(one, zone) for one in found if isinstance(one, dict)]
        return [one for one in items if not isinstance(one[0], Missing)] or None

    return cleaned


def _matching(pattern: re.Pattern[str]) -> Callable[[Any, tzinfo], str | None]:
    def cleaned(value: Any, _zone: tzinfo) -> str | None:
        return value if isinstance(value, str) and pattern.fullmatch(value) else None

    return cleaned


def _is_figure(value: Any) -> bool:
    return type(value) in {int, float} and -MOST <= value <= MOST


# What is not of its kind says nothing: some values come from events that the shop's own systems made.
_CLEANING: dict[Kind, Callable[[Any, tzinfo], Any]] = {
    Kind.TEXT: lambda value, _zone: clean(value) if isinstance(value, str) else None,
    Kind.NUMBER: lambda value, _zone: value if _is_figure(value) else None,
    Kind.MONEY: lambda value, _zone: value if isinstance(value, Money) and abs(value.amount) <= MOST else None,
    Kind.DATE: lambda value, zone: value.astimezone(zone) if isinstance(value, datetime) else None,
    Kind.TEXTS: _texts,
    **{kind: _items(kind) for kind in FIELDS},
    Kind.URL: _matching(_URL),
    Kind.COLOUR: _matching(_COLOUR),
    Kind.GROUP: lambda value, _zone: value or None,
}


@lru_cache(maxsize=512)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@cache
def _environment(html: bool) -> ImmutableSandboxedEnvironment:
    """Jinja2 with our filters and tests and nothing else; sandboxed, should the allow-list ever have a hole."""
    environment = ImmutableSandboxedEnvironment(autoescape=html, undefined=Missing)
    environment.globals = {}
    environment.filters = {
        **filters.for_jinja(),
        _OR_EMPTY: lambda value: () if isinstance(value, Undefined) else value,
    }
    environment.tests = {
        "defined": lambda value: not isinstance(value, Undefined),
        "undefined": lambda value: isinstance(value, Undefined),
        "none": lambda value: isinstance(value, Undefined),
    }
    return environment


def _flat(path: str) -> str:
    return path.replace(".", "__")  # the allow-list lets no template name a variable like this itself


class _Flattening(NodeTransformer):
    """Makes each path of the vocabulary, and each field of a loop's items, one variable; gives a `for` with an `else`
    an empty list to miss.
    """

    def __init__(self) -> None:
        self._fields: set[str] = set()

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802  # Jinja2 finds it by this name
        path = path_of(node)
        flat = path in self._fields or kind_of(path)
        return nodes.Name(_flat(path), "load", lineno=node.lineno) if flat else node

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802  # Jinja2 finds it by this name
        kind = kind_of(path_of(node.iter))
        if kind in FIELDS and isinstance(node.target, nodes.Name):
            paths = [f"{node.target.name}.{field}" for field in FIELDS[kind]]
            node.target = nodes.Tuple([nodes.Name(_flat(path), "store") for path in paths], "store", lineno=node.lineno)
            self._fields = set(paths)
        self.generic_visit(node)
        self._fields = set()
        if node.else_:
            node.iter = nodes.Filter(node.iter, _OR_EMPTY, [], [], None, None, lineno=node.lineno)
        return node

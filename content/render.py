"""From a checked tree to words: compiled once, rendered many times, strict about what is missing.

The tree is rewritten so that each path of the vocabulary becomes one plain variable: at render nothing is looked
up in an object, so there is no object to climb out of, and rendering costs what bare Jinja2 costs.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import cache, lru_cache
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from jinja2 import Template, Undefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from content import filters
from content.allowlist import Checked, path_of
from content.errors import MissingValue, TooLarge
from content.vocabulary import Kind, kind_of, look_up

OUTPUT_LIMIT = 500_000
ITEMS_LIMIT = 100
_OR_EMPTY = "_or_empty"

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_URL = re.compile(r"https?://[^\s\"'<>]+|mailto:[^\s\"'<>]+")
# Embeddings and overrides of direction: a name holding one would turn the rest of the line around.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Missing(Undefined):
    """Stands where a value should be: false in an `if`, and MissingValue when anyone tries to write it."""

    __slots__ = ()

    def _fail_with_undefined_error(self, *_args: Any, **_named: Any) -> NoReturn:
        raise MissingValue(str(self._undefined_name))

    __str__ = __len__ = __iter__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _fail_with_undefined_error
    __hash__ = Undefined.__hash__


class Piece(msgspec.Struct, frozen=True):
    """A compiled part of a message."""

    template: Template
    names: frozenset[str]

    def render(self, context: Mapping[str, Any], limit: int = OUTPUT_LIMIT) -> str:
        """The words; `context` comes from `context_for`. Raises MissingValue or TooLarge."""
        chunks: list[str] = []
        size = 0
        for chunk in self.template.root_render_func(self.template.new_context(context, shared=True)):  # type: ignore[arg-type]  # only read
            size += len(chunk)
            if size > limit:
                raise TooLarge(limit)
            chunks.append(chunk)
        return "".join(chunks)


def compiled(checked: Checked, *, html: bool) -> Piece:
    """A part ready to be rendered; with `html`, every value is escaped."""
    tree = _Flattening().visit(checked.tree)
    environment = _environment(html)
    template = Template.from_code(environment, environment.compile(tree), {})
    return Piece(template, checked.names)


def context_for(names: frozenset[str], values: Mapping[str, Any], written_in: str) -> dict[str, Any]:
    """The variables of a template from a person's values; what they lack is Missing.

    `values` are nested mappings by the vocabulary's paths; instants become days in `values["time_zone"]`.
    """
    zone = _zone(str(values.get("time_zone") or "UTC"))
    context: dict[str, Any] = {filters.FORMATS: filters.formats(written_in, str(values.get("locale") or written_in))}
    for path in names:
        value = _usable(kind_of(path), look_up(values, path), zone)
        context[_flat(path)] = Missing(name=path) if value is None else value
    return context


def _usable(kind: Kind | None, value: Any, zone: tzinfo) -> Any:
    """A value as templates may have it, None where it says nothing."""
    if value is None or isinstance(value, Undefined):
        return None
    if kind is None:
        return None
    cleaning = _CLEANING.get(kind)
    if kind == Kind.DATE and isinstance(value, datetime):
        return value.astimezone(zone)
    return cleaning(value) if cleaning else value


def clean(value: Any) -> str | None:
    """A text in one line and without characters that steer instead of show; None where nothing is left."""
    text = str(value)
    if not text.isprintable():
        text = " ".join("".join(_shown(character) for character in text).split())
    return text.strip() or None


def _shown(character: str) -> str:
    if character in _TURNING:
        return ""
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp"}:
        return " "
    return "" if category == "Cs" else character


def _texts(value: Any) -> list[str] | None:
    cleaned = [clean(item) for item in list(value)[:ITEMS_LIMIT] if item is not None]
    return [item for item in cleaned if item] or None


def _matching(pattern: re.Pattern[str]) -> Callable[[Any], str | None]:
    def cleaned(value: Any) -> str | None:
        return value if isinstance(value, str) and pattern.fullmatch(value) else None

    return cleaned


_CLEANING: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: clean,
    Kind.TEXTS: _texts,
    Kind.URL: _matching(_URL),
    Kind.COLOUR: _matching(_COLOUR),
    Kind.GROUP: lambda value: value or None,
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
    """Makes each path of the vocabulary one variable, and gives a `for` with an `else` an empty list to miss."""

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802  # Jinja2 finds it by this name
        path = path_of(node)
        return nodes.Name(_flat(path), "load", lineno=node.lineno) if kind_of(path) else node

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802  # Jinja2 finds it by this name
        self.generic_visit(node)
        if node.else_:
            node.iter = nodes.Filter(node.iter, _OR_EMPTY, [], [], None, None, lineno=node.lineno)
        return node

"""What a template may hold: a walk over its syntax tree, before anything of it is compiled.

Whatever is not named here is refused: no call, no arithmetic, no assignment, no way into a Python object. Kinds
are followed through filters, so that `{{ profile.spend }}` is refused at save and never reads "Money(…)" to anybody.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import msgspec
from jinja2 import nodes

from content import filters
from content.syntax import WRITTEN, Measure, NotAllowed, parse
from content.vocabulary import FIELDS, GROUPS, VARIABLES, Kind, kind_of

# Written as an escape in a text in quotes: no message can hold them, and NUL is what render.py parts its slots by.
_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
TESTS = frozenset({"defined", "undefined", "none"})
_LOOP = {"first": Kind.TRUTH, "last": Kind.TRUTH, "index": Kind.NUMBER, "length": Kind.NUMBER}
_WRITABLE = frozenset({Kind.TEXT, Kind.NUMBER, Kind.URL, Kind.COLOUR})
_LISTS = frozenset({Kind.TEXTS, *FIELDS})
_HINTS = {
    Kind.MONEY: "write {{ NAME | money }}",
    Kind.DATE: "write {{ NAME | date }}",
    Kind.TEXTS: "write {{ NAME | listed }}, or go through it with for",
    Kind.PRODUCTS: "write {{ NAME | names | listed }}, or go through it with for",
    Kind.LINES: "write {{ NAME | names | listed }}, or go through it with for",
    Kind.GROUP: "name what of it is meant",
    Kind.TRUTH: "use it in an if",
}
_NAMES = {
    nodes.Call: "A call, something(…),",
    nodes.Getitem: "An index, something[…],",
    nodes.Concat: "Joining with ~",
    nodes.Assign: "An assignment",
    nodes.List: "A list",
    nodes.Dict: "A dictionary",
    nodes.Tuple: "A tuple",
}

Scope = Mapping[str, Kind]


class Checked(msgspec.Struct, frozen=True):
    """A template that may be compiled: its tree, and the paths of the vocabulary it uses."""

    tree: nodes.Template
    names: frozenset[str]


def check(source: str, measure: Measure = WRITTEN) -> Checked:
    """The tree of a template's part; raises NotAllowed with the line and what is allowed instead."""
    tree = parse(source, measure)
    walk = _Walk()
    walk.statements(tree.body, {})
    return Checked(tree, frozenset(walk.names))


@lru_cache(maxsize=1024)
def kind_of_output(expression: str, loops: frozenset[tuple[str, str]] = frozenset()) -> Kind | None:
    """The kind of what a lone `{{ … }}` writes, None where it cannot stand here.

    `loops` are the loops that it may stand in: the name of the item, and the path of the list.
    """
    try:
        [output] = parse(expression).body
        [node] = output.nodes if isinstance(output, nodes.Output) else []
        return _Walk().kind(node, {path: kind for loop in loops for path, kind in scope_of(*loop).items()})
    except (NotAllowed, ValueError):
        return None


def scope_of(target: str, path: str) -> Scope:
    """What a `for target in path` gives names to, beside `loop`."""
    fields = FIELDS.get(kind_of(path) or Kind.TEXTS)
    return {f"{target}.{field}": kind for field, kind in fields.items()} if fields else {target: Kind.TEXT}


class _Walk:
    """Goes through a tree and gathers the names it uses."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._kinds: dict[type[nodes.Node], Callable[[Any, Scope], Kind]] = {
            nodes.Const: self._const,
            nodes.Name: self._name,
            nodes.Getattr: self._name,
            nodes.Filter: self._filter,
            nodes.Test: self._test,
            nodes.Compare: self._compare,
            nodes.CondExpr: self._choice,
            nodes.Or: self._or,
            nodes.And: self._and,
            nodes.Not: self._not,
        }

    def statements(self, body: Iterable[nodes.Node], scope: Scope, *, in_loop: bool = False) -> None:
        """Check statements; `scope` holds the variables of a loop around them."""
        for node in body:
            if isinstance(node, nodes.Output):
                self._output(node, scope)
            elif isinstance(node, nodes.If):
                self._if(node, scope, in_loop)
            elif isinstance(node, nodes.For):
                self._for(node, scope, in_loop)
            else:
                raise _refused(node)

    def kind(self, node: nodes.Node, scope: Scope) -> Kind:
        """The kind of an expression; raises NotAllowed where it is none of ours."""
        for_node = self._kinds.get(type(node))
        if for_node is None:
            raise _refused(node)
        return for_node(node, scope)

    def _output(self, node: nodes.Output, scope: Scope) -> None:
        for part in node.nodes:
            if isinstance(part, nodes.TemplateData):
                continue
            kind = self.kind(part, scope)
            if kind not in _WRITABLE:
                name = path_of(part) or "this"
                raise NotAllowed(part.lineno, f"{name} is a {kind}: {_HINTS[kind].replace('NAME', name)}.")

    def _if(self, node: nodes.If, scope: Scope, in_loop: bool) -> None:
        self.kind(node.test, scope)
        self.statements(node.body, scope, in_loop=in_loop)
        for branch in node.elif_:
            self._if(branch, scope, in_loop)
        self.statements(node.else_, scope, in_loop=in_loop)

    def _for(self, node: nodes.For, scope: Scope, in_loop: bool) -> None:
        if in_loop:
            raise NotAllowed(node.lineno, "A for may not stand in another for.")
        if node.recursive or node.test is not None:
            raise NotAllowed(node.lineno, "A for takes neither `recursive` nor an `if` of its own.")
        path = self._listed(node, scope)
        target = node.target.name if isinstance(node.target, nodes.Name) else ""
        if not target or kind_of(target) or target == "loop" or target.startswith("_") or "__" in target:
            raise NotAllowed(node.lineno, "A for needs one new name for each item, as in `for product in …`.")
        loop = {f"loop.{name}": its for name, its in _LOOP.items()}
        self.statements(node.body, {**scope, **loop, **scope_of(target, path)}, in_loop=True)
        self.statements(node.else_, scope)

    def _listed(self, node: nodes.For, scope: Scope) -> str:
        kind = self._name(node.iter, scope) if isinstance(node.iter, (nodes.Name, nodes.Getattr)) else None
        if kind not in _LISTS:
            lists = ", ".join(name for name, variable in VARIABLES.items() if variable.kind in _LISTS)
            raise NotAllowed(node.lineno, f"A for goes through a list of the vocabulary only: {lists}.")
        return path_of(node.iter)

    def _const(self, node: nodes.Const, _scope: Scope) -> Kind:
        if isinstance(node.value, bool):
            return Kind.TRUTH
        if isinstance(node.value, (int, float)):
            return Kind.NUMBER
        if isinstance(node.value, str):
            _sayable(node)
            return Kind.TEXT
        raise NotAllowed(node.lineno, f"{node.value!r} is not allowed.")

    def _name(self, node: nodes.Name | nodes.Getattr, scope: Scope) -> Kind:
        path = path_of(node)
        if path in scope:
            return scope[path]
        kind = kind_of(path)
        if kind is None:
            raise NotAllowed(node.lineno, _unknown(path, scope))
        self.names.add(path)
        return kind

    def _filter(self, node: nodes.Filter, scope: Scope) -> Kind:
        if node.node is None or node.dyn_args or node.dyn_kwargs:
            raise _refused(node)
        kind = self.kind(node.node, scope)
        args = [_literal(arg) for arg in node.args]
        named = {str(pair.key): _literal(pair.value) for pair in node.kwargs}
        if node.name == filters.DEFAULT:
            return _default(node, kind, args, named)
        known = filters.FILTERS.get(node.name)
        if known is None:
            every = ", ".join([filters.DEFAULT, *filters.FILTERS])
            raise NotAllowed(node.lineno, f"There is no filter {node.name[:40]!r}; there are {every}.")
        if kind not in known.takes:
            raise NotAllowed(node.lineno, f"The filter {node.name} is for a {' or '.join(known.takes)}, not a {kind}.")
        wrong = known.check(args, named)
        if wrong:
            raise NotAllowed(node.lineno, f"The filter {node.name}: {wrong}.")
        return known.gives

    def _test(self, node: nodes.Test, scope: Scope) -> Kind:
        if node.name not in TESTS or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
            raise NotAllowed(node.lineno, f"There is no test {node.name[:40]!r}; there are {', '.join(sorted(TESTS))}.")
        self.kind(node.node, scope)
        return Kind.TRUTH

    def _compare(self, node: nodes.Compare, scope: Scope) -> Kind:
        kinds = {self.kind(node.expr, scope), *(self.kind(operand.expr, scope) for operand in node.ops)}
        signs = {operand.op for operand in node.ops}
        fits = kinds == {Kind.NUMBER} or (kinds == {Kind.TEXT} and signs <= {"eq", "ne"})
        if not fits or signs & {"in", "notin"}:
            raise NotAllowed(node.lineno, "Numbers can be compared with numbers; of texts only whether they are equal.")
        return Kind.TRUTH

    def _choice(self, node: nodes.CondExpr, scope: Scope) -> Kind:
        self.kind(node.test, scope)
        if node.expr2 is None:
            raise NotAllowed(node.lineno, "`a if b` needs an `else c`.")
        return _same(node, self.kind(node.expr1, scope), self.kind(node.expr2, scope))

    def _or(self, node: nodes.Or, scope: Scope) -> Kind:
        left, right = self.kind(node.left, scope), self.kind(node.right, scope)
        return left if left == right else Kind.TRUTH

    def _and(self, node: nodes.And, scope: Scope) -> Kind:
        self.kind(node.left, scope)
        self.kind(node.right, scope)
        return Kind.TRUTH

    def _not(self, node: nodes.Not, scope: Scope) -> Kind:
        self.kind(node.node, scope)
        return Kind.TRUTH


def _default(node: nodes.Filter, kind: Kind, args: list[Any], named: Mapping[str, Any]) -> Kind:
    wrong = filters.check_default(args, named)
    if wrong:
        raise NotAllowed(node.lineno, f"The filter default: {wrong}.")
    if kind not in {Kind.TEXT, Kind.URL, Kind.NUMBER}:
        raise NotAllowed(node.lineno, f"default cannot stand in for a {kind}; put it after the filter that writes it.")
    stated = Kind.NUMBER if isinstance(args[0], int) else Kind.TEXT
    if kind == Kind.URL and isinstance(args[0], str) and args[0].startswith(("https://", "http://")):
        return Kind.URL
    return kind if kind == stated else Kind.TEXT


def _same(node: nodes.Node, first: Kind, second: Kind) -> Kind:
    if first == second:
        return first
    if {first, second} <= _WRITABLE:
        return Kind.TEXT
    raise NotAllowed(node.lineno, f"Either a {first} or a {second}: both must be of one kind.")


def _literal(node: nodes.Node) -> Any:
    if isinstance(node, nodes.Const):
        _sayable(node)
        return node.value
    raise NotAllowed(node.lineno, "A filter takes only texts and numbers written out.")


def _sayable(node: nodes.Const) -> None:
    """Raises NotAllowed where a text written out holds what no message may hold."""
    found = _UNSAYABLE.search(node.value) if isinstance(node.value, str) else None
    if found:
        raise NotAllowed(node.lineno, f"The character {found[0]!r} can stand in no message.")


def path_of(node: nodes.Node) -> str:
    """The dotted path an expression spells, empty where it is something else."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        owner = path_of(node.node)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def _unknown(path: str, scope: Scope) -> str:
    if not path:
        return "Only the names of the vocabulary can be written."
    near = get_close_matches(path, [*VARIABLES, *GROUPS, *scope], n=1, cutoff=0.6)
    group = path.partition(".")[0]
    known = (
        [name for name in scope if name.startswith(f"{group}.")]
        or [name for name in VARIABLES if name.startswith(f"{group}.")]
        or list(VARIABLES)
    )
    meant = f" Did you mean {near[0]}?" if near else ""
    return f"{path[:60]} is not known.{meant} There are {', '.join(known)}."


def _refused(node: nodes.Node) -> NotAllowed:
    what = _NAMES.get(type(node), f"{type(node).__name__} ")
    return NotAllowed(node.lineno, f"{what.strip()} is not allowed in a template.")

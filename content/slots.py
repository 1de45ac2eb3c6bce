"""A compiled part taken apart: what is fixed for everybody, and the holes between that are filled for each.

Filled holes come out of one template, with CUT between them, so that a part costs one rendering whatever its holes.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape, unescape

import msgspec
from jinja2 import nodes

from content.links import Wrap, respell, rewrite, spelt

# Stands in no template (it is taken out of them) and in no value (they are cleaned).
CUT = "\x00"
# A compiled letter has every attribute in double quotes: the HTML was written out by a serialiser.
_HREF = re.compile(r'<a\s[^>]*?href="([^"]*)"')
_WEB = ("https://", "http://")


class Cut(msgspec.Struct, frozen=True):
    """A part's tree, taken apart: `fixed` texts, one more than holes; the holes' own tree; which of them are `links`
    (the address of one, whole), which are `loose` (statements that may hold whole links), and which are `spelt` (plain
    text that may hold addresses).
    """

    fixed: tuple[str, ...]
    tree: nodes.Template
    links: frozenset[int]
    loose: frozenset[int]
    spelt: frozenset[int]


def cut(tree: nodes.Template, *, html: bool, addresses: bool = False) -> Cut:
    """Take a checked tree apart; with `html`, the address of each link to the web becomes a hole of its own, and in
    plain text with `addresses` each address that is spelt out.
    """
    items = list(_items(tree.body))
    marked = "".join(item if isinstance(item, str) else CUT for item in items)
    given = iter([item for item in items if not isinstance(item, str)])
    fixed, holes, links, at = [""], list[list[nodes.Node]](), set[int](), 0
    found = _links(marked) if html else spelt(marked) if addresses else ()
    for start, end in [*found, (len(marked), len(marked))]:
        first, *others = marked[at:start].split(CUT)
        fixed[-1] += first
        for other in others:
            holes.append([next(given)])
            fixed.append(other)
        if start < end:
            if html:
                links.add(len(holes))
            holes.append(_mixed(marked[start:end], given))
            fixed.append("")
        at = end
    fixed[0], fixed[-1] = fixed[0].lstrip(), fixed[-1].rstrip()
    loose = {place for place, hole in enumerate(holes) if place not in links and isinstance(hole[0], nodes.Stmt)}
    own = nodes.Template(_joined(holes), lineno=1)
    plain = range(len(holes)) if addresses else ()
    return Cut(tuple(fixed), own, frozenset(links), frozenset(loose if html else ()), frozenset(plain))


def woven(fixed: Sequence[str], slots: Sequence[str]) -> str:
    """The whole text again."""
    pieces = [""] * (len(fixed) + len(slots))
    pieces[::2], pieces[1::2] = fixed, slots
    return "".join(pieces)


def wrap_links(slots: list[str], links: frozenset[int], loose: frozenset[int], wrap: Wrap) -> None:
    """Put `wrap(address)` in the place of each web address that a link leads to."""
    for place in links:
        slot = slots[place]
        if slot.startswith(_WEB):
            slots[place] = escape(wrap(unescape(slot)))
    for place in loose:
        if "<a" in slots[place]:
            slots[place] = rewrite(slots[place], wrap)


def wrap_spelt(slots: list[str], places: frozenset[int], wrap: Wrap) -> None:
    """The same in plain text, where addresses are spelt out."""
    for place in places:
        if "://" in slots[place]:
            slots[place] = respell(slots[place], wrap)


def _items(body: Sequence[nodes.Node]) -> Iterator[str | nodes.Node]:
    """Texts, expressions and statements, in order."""
    for node in body:
        if not isinstance(node, nodes.Output):
            yield node
            continue
        for part in node.nodes:
            yield part.data.replace(CUT, "") if isinstance(part, nodes.TemplateData) else part


def _links(marked: str) -> Iterator[tuple[int, int]]:
    """Where the addresses stand that lead, or may lead, to the web."""
    for match in _HREF.finditer(marked):
        if CUT in match[1] or match[1].startswith(_WEB):
            yield match.span(1)


def _mixed(address: str, given: Iterator[nodes.Node]) -> list[nodes.Node]:
    """An address of texts and expressions."""
    first, *others = address.split(CUT)
    mixed: list[nodes.Node] = [nodes.TemplateData(first, lineno=1)]
    for other in others:
        mixed += [next(given), nodes.TemplateData(other, lineno=1)]
    return mixed


def _joined(holes: Sequence[Sequence[nodes.Node]]) -> list[nodes.Node]:
    body: list[nodes.Node] = []
    for place, hole in enumerate(holes):
        if place:
            body.append(_output(nodes.TemplateData(CUT, lineno=1)))
        body += [node if isinstance(node, nodes.Stmt) else _output(node) for node in hole]
    return body


def _output(node: nodes.Node) -> nodes.Output:
    return nodes.Output([node], lineno=node.lineno)

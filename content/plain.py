"""The text part of an e-mail, made from its HTML while the template is compiled, Jinja2 and all."""

import re

import lxml.html
from inscriptis import Inscriptis
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig

from content.markup import BLOCK_MARK, MARK, Held

# A table's rows become lines: statements between rows have no place in a table of plain text.
_ROW = re.compile(r"<(/?)(?:table|thead|tbody|tfoot|tr)\b", re.IGNORECASE)
_CELL = re.compile(r"<t[dh]\b", re.IGNORECASE)
_CELL_END = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
_BLANK = re.compile(r"\n{3,}")


def as_text(held_html: str, held: Held) -> str:
    """A held HTML fragment as held plain text: paragraphs, lists, and the address behind each link."""
    unboxed = _CELL_END.sub("</span> ", _CELL.sub("<span", _ROW.sub(r"<\1div", held_html)))
    tree = lxml.html.fragment_fromstring(BLOCK_MARK.sub(r"\1", unboxed), create_parent="div")
    for link in tree.iter("a"):
        _spell_out(link)
    text = Inscriptis(tree, ParserConfig(css=CSS_PROFILES["strict"])).get_text()
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return _without_lines_of_their_own(_BLANK.sub("\n\n", lines), held).strip("\n")


def _spell_out(link: lxml.html.HtmlElement) -> None:
    """`Use your code: https://…` for a button, `our terms <https://…>` within a sentence."""
    address = str(link.get("href", ""))
    words = str(link.text_content())
    pictures = [str(picture.get("alt", "")) for picture in link.iter("img")]
    if not words.strip() and any(pictures):
        link.text = words = " ".join(filter(None, pictures))
    if not address or address in {words.strip(), f"mailto:{words.strip()}", f"tel:{words.strip()}"}:
        return
    button = "button" in str(link.get("class", "")).split()
    link.tail = (f": {address}" if button else f" <{address}>") + (link.tail or "")


def _without_lines_of_their_own(text: str, held: Held) -> str:
    """Statements standing alone in a line, joined to what follows, so that they leave no empty lines behind."""
    statements = [mark[0] for mark in MARK.finditer(text) if held.is_block(mark[0])]
    if not statements:
        return text
    any_of_them = "|".join(statements)
    lone = re.compile(rf"(?P<before>\n*)(?:^|(?<=\n))[ ]*(?P<marks>(?:(?:{any_of_them})\s*?)+)(?P<after>\n+|$)")

    def join(match: re.Match[str]) -> str:
        before, marks, after = match["before"], match["marks"], match["after"]
        return before + "".join(marks.split()) + "\n" * max(0, len(after) - len(before))

    return lone.sub(join, text)

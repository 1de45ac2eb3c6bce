"""E-mail: a fragment of HTML, or MJML, becomes a whole letter in HTML and in plain text when the template is compiled.

The frame of a fragment, the inlined styles and the text part are worked out once; each receiver then costs one pass
of filling in.
"""

from collections.abc import Mapping
from functools import cache
from html import escape
from importlib import resources
from string import Template as Frame

from css_inline import CSSInliner

from content import mjml
from content.allowlist import check
from content.blocks import check_blocks
from content.form import Form
from content.markup import Held, check_markup
from content.plain import as_text
from content.render import Piece, compiled
from content.syntax import Measure
from content.wording import direction, wording
from customers.consent import Purpose

SUBJECT_LIMIT = 500
# A fragment with its frame, and its styles, the brand's colour among them, written out on every tag.
_FRAMED = Measure(characters=400_000, tags=4_000)
# A mail client shows the first words beside the subject; these keep the letter itself from following the preheader.
_SPACERS = "&#847;&zwnj;&nbsp;" * 40
_UNSEEN = 'style="display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px"'
_LETTERS = frozenset({"html", "mjml"})
_OWN_WAY_OUT = "links.unsubscribe"
_BRAND = (
    '{% if brand.logo_url %}<img src="{{ brand.logo_url }}" alt="{{ brand.name }}" height="36">'
    "{% else %}{{ brand.name }}{% endif %}"
)
# What tells that a letter was opened; in marketing alone, and only where the shop wants to know.
_OPENED = '<img src="{{ links.open }}" alt="" width="1" height="1">'
_SENDER = "{{ shop.name }}{% if shop.postal_address %}, {{ shop.postal_address }}{% endif %}"


def check_part(part: str, source: str) -> None:
    """Raises NotAllowed where a part holds what a message must not."""
    check(source)
    if part in _LETTERS:
        _read(part, source, Held())


def check_new(part: str, source: str) -> None:
    """Raises NotAllowed where a statement of a letter opens or closes half a pair of tags."""
    if part in _LETTERS:
        check_blocks(source)


def compile_parts(parts: Mapping[str, str], locale: str, purpose: Purpose) -> dict[str, Piece]:
    """Subject, text and HTML, ready to be rendered; raises NotAllowed."""
    sources = written_out(parts, locale, purpose)
    return {
        "subject": compiled(check(sources["subject"]), html=False),
        "text": compiled(check(sources["text"], _FRAMED), html=False, addresses=purpose == "marketing"),
        "html": compiled(check(sources["html"], _FRAMED), html=True),
    }


def written_out(parts: Mapping[str, str], locale: str, purpose: Purpose) -> dict[str, str]:
    """Subject, text and HTML, whole, with Jinja2 still in them; raises NotAllowed."""
    held = Held()
    [part] = _LETTERS & parts.keys()
    source, words = _read(part, parts[part], held)
    ways = _ways_out(locale, purpose, own=_OWN_WAY_OUT in check(parts[part]).names)
    foot = held.hold(_foot(ways))
    document = (
        _framed(parts, words, foot, held, locale) if part == "html" else _of_mjml(parts, source, foot, held, locale)
    )
    whole = _inliner().inline(document)
    check_markup(whole, held, frame=True)
    text = held.hold(parts["text"], comments=False) if "text" in parts else as_text(words, held)
    text = f"{held.restore(text).rstrip()}\n\n-- \n{_foot_text(ways)}"
    return {"subject": parts["subject"], "text": text, "html": held.restore(whole)}


def _read(part: str, source: str, held: Held) -> tuple[str, str]:
    """A letter's source as held, and its words in plain HTML; raises NotAllowed where they may not stand."""
    kept = held.hold(source)
    words = mjml.words_of(kept, held) if part == "mjml" else kept
    check_markup(words, held, strict=part == "mjml")
    return kept, words


def _of_mjml(parts: Mapping[str, str], source: str, foot: str, held: Held, locale: str) -> str:
    return mjml.as_html(
        source,
        held,
        title=escape(held.hold(parts["subject"], comments=False)),
        locale=locale,
        direction=direction(locale),
        preheader=_preheader(parts.get("preheader", ""), held, _UNSEEN),
        foot=foot,
    )


def _framed(parts: Mapping[str, str], words: str, foot: str, held: Held, locale: str) -> str:
    return Frame(_layout()).substitute(
        locale=escape(locale),
        direction=direction(locale),
        subject=escape(held.hold(parts["subject"], comments=False)),
        preheader=_preheader(parts.get("preheader", ""), held),
        colour=held.hold("{{ brand.colour }}"),
        ink=held.hold("{{ brand.colour | ink }}"),
        brand=held.hold(_BRAND),
        words=words,
        foot=f'<div class="foot">{foot}</div>',
    )


def _preheader(source: str, held: Held, looks: str = 'class="preheader"') -> str:
    if not source.strip():
        return ""
    words = escape(held.hold(source.strip(), comments=False))
    return f'<div {looks} aria-hidden="true">{words}{_SPACERS}</div>'


def _ways_out(locale: str, purpose: Purpose, *, own: bool) -> list[tuple[str, str]]:
    """The variable and the words of each link below a marketing message; law and manners ask for them."""
    if purpose != "marketing":
        return []
    words = wording(locale)
    ways = [("links.preferences", words.preferences), ("links.why", words.why)]
    return ways if own else [(_OWN_WAY_OUT, words.unsubscribe), *ways]


def _foot(ways: list[tuple[str, str]]) -> str:
    anchors = [f'<a href="{{{{ {name} }}}}">{escape(words)}</a>' for name, words in ways]
    return (f"<p>{' &nbsp; '.join(anchors)}</p>" if anchors else "") + f"<p>{_SENDER}</p>" + (_OPENED if ways else "")


def _foot_text(ways: list[tuple[str, str]]) -> str:
    return "\n".join([_SENDER, *(f"{words}: {{{{ {name} }}}}" for name, words in ways)])


@cache
def _layout() -> str:
    return resources.files("content").joinpath("layout.html").read_text(encoding="utf-8")


def _inliner() -> CSSInliner:
    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


FORM = Form(
    channel="email",
    required=frozenset({"subject"}),
    either=_LETTERS,
    optional=frozenset({"preheader", "text"}),
    check=check_part,
    compile=compile_parts,
    lines=frozenset({"subject"}),
    limits={"subject": SUBJECT_LIMIT},
    check_new=check_new,
)

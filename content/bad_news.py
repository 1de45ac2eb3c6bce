"""Bad news and good news, as they are said before a shop writes its own: an apology, why, when, what next."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from content.bad_news_brief import BRIEF, NEXT_BRIEF
from content.bad_news_words import LETTER, NEW_DATE, NEXT, PUT_RIGHT, WHAT
from content.forms import FORMS
from content.sms import cheap
from content.templates import Content

# The templates' ids: a shop writes others with PUT /v1/templates/bad-news, …/new-date and …/good-news.
BAD, DATE, GOOD = "bad-news", "new-date", "good-news"
NAMES = {BAD: "Bad news first", DATE: "A new date", GOOD: "Put right"}

_ORDER = '{{ order.id | default("") }}'
_LINK = "{{ order.page }}"
# What nobody has ordered has no page.
_LED = "{{ order.page if order.page else shop.url }}"
_ENDINGS = ("delivered", "shipped", "in_stock", "refunded")
# A long reason, many substitutes and a long name of a gift take no more than so many characters each where there is
# less room than for `_FEW`.
_ROOM: Mapping[str, int] = {"sms": 80, "web_push": 50, "instagram": 80, "mobile_push": 80}
_FEW, _VALUE = 300, 100
_SHORT_ORDER = '{{ order.id | default("") | truncate(24) }}'
_IN_BRIEF = ("sms", "web_push")
# In a text message the month's name alone would double the cost: março, août.
_IN_FIGURES = ("fr", "pt")
# What of WhatsApp is the approved template's; Meta's words for our languages, where they are others.
APPROVED = ("template", "values", "template_links")
_META = {"pt": "pt_PT"}


# A line of a letter: what opens the condition it stands under, itself, and what closes that.
_Line = tuple[str, str, str]


class _Said(NamedTuple):
    """A message: its subject, the `news`, and what follows: at length, as the letter has it, and `brief`.

    `page` is what the link to the order's page says, "" where the news are enough.
    """

    subject: str
    news: Sequence[_Line]
    follows: Sequence[_Line]
    brief: Sequence[_Line]
    page: str


@lru_cache(maxsize=32)
def content(template: str, approved: str = "") -> Content:
    """The content of one of the templates for every channel, in every language there are words for.

    `approved` is the name of a template that Meta has approved for WhatsApp, "" for none.
    """
    say: Callable[[str], _Said] = {BAD: _bad, DATE: _date, GOOD: _good}[template]
    said = {language: say(language) for language in LETTER}
    made: Content = {
        channel: {language: _parts(channel, language, words) for language, words in said.items()} for channel in FORMS
    }
    if approved:
        for language, words in said.items():
            made["whatsapp"][language] |= _approved(approved, language, words)
    return made


def is_ours(template: str, written: Content) -> bool:
    """Whether content is ours, with whatever template of Meta's; else a shop wrote it."""
    chat = {
        language: {part: words for part, words in parts.items() if part not in APPROVED}
        for language, parts in written.get("whatsapp", {}).items()
    }
    return {**written, "whatsapp": chat} == content(template)


def _parts(channel: str, language: str, said: _Said) -> dict[str, str]:
    """A channel's parts; where there is a title, it has said the first of the news."""
    room, form = _ROOM.get(channel, _FEW), FORMS[channel]
    hello = ("", LETTER[language]["hello"], "")
    if channel == "email":
        lines = [hello, *said.news, *said.follows, *_page(said.page, f'<a href="{_LINK}">{said.page}</a>')]
        html = "".join(f"{before}<p>{line}</p>{after}" for before, line, after in lines)
        return {"subject": said.subject, "html": html}
    if "title" in form.required:
        follows, between = (said.brief, " ") if channel in _IN_BRIEF else (said.follows, "\n\n")
        body = _joined([*said.news[1:], *follows], between, room)
        return {"title": said.subject.replace(_ORDER, _SHORT_ORDER), "body": body, "link": _LED}
    if channel in _IN_BRIEF:
        page = _page(said.page, f"{BRIEF[language]['page']} {_LINK}")
        return {"text": _texted(language, _joined([*said.news, *said.brief, *page], " ", room))}
    page = _page(said.page, f"{said.page}: {_LINK}")
    return {"text": _joined([hello, *said.news, *said.follows, *page], "\n\n", room)}


def _approved(name: str, language: str, said: _Said) -> dict[str, str]:
    """Three values for a template that Meta has approved: the order, the news, and what follows; and the order's page.

    Without an order there is no template: no empty value may go out.
    """
    return {
        "template": f"{{% if order.page %}}{name}/{_META.get(language, language)}{{% endif %}}",
        "values": "\n".join([_ORDER, _joined(said.news, " ", _VALUE), _joined(said.follows, " ", _VALUE)]),
        "template_links": f"{{% if order.page %}}{_LINK}{{% endif %}}",
    }


def _texted(language: str, text: str) -> str:
    """A text message, from whom it is, with its days as short as they may be."""
    length = "short" if language in _IN_FIGURES else "day"
    return cheap(f"{{{{ shop.name }}}}: {text}".replace("| date }}", f'| date("{length}") }}}}'))


def _bad(language: str) -> _Said:
    own, brief = LETTER[language], BRIEF[language]
    what = _chosen("incident.cause", WHAT[language])
    begun = _chosen("incident.cause", {cause: _begun(text) for cause, text in WHAT[language].items()})
    until = f"{{% if incident.code_until %}}{own['until']}{{% endif %}}."
    return _Said(
        subject=own["subject"].replace("{what}", what),
        news=[
            ("", own["sorry"].replace("{what}", begun), ""),
            _if("incident.reason", own["reason"] + "."),
            _if("incident.expected_at", own["date"]),
        ],
        follows=[
            ("", _chosen("incident.cause", NEXT[language]), ""),
            _if("incident.substitutes", own["instead"]),
            _if("incident.code", own["makegood"] + until),
            _if("incident.call", own["call"]),
        ],
        brief=[
            ("", _chosen("incident.cause", NEXT_BRIEF[language]), ""),
            _if("incident.substitutes", brief["instead"]),
            _if("incident.code", brief["code"] + until),
            _if("incident.call", brief["call"]),
        ],
        page=own["page"],
    )


def _date(language: str) -> _Said:
    own = {name: text.replace("{order}", _ORDER) for name, text in NEW_DATE[language].items()}
    moved = _chosen("incident.change", {name: own[name] for name in ("first", "sooner")}, own["later"])
    follows = [_if("incident.code", own["voucher"]), ("", BRIEF[language]["nothing"], "")]
    return _Said(
        subject=own["subject"],
        news=[("", moved, ""), _if("incident.reason", LETTER[language]["reason"] + ".")],
        follows=follows,
        brief=follows,
        page=LETTER[language]["page"],
    )


def _good(language: str) -> _Said:
    own = PUT_RIGHT[language]
    what = _chosen("incident.ending", {name: own[name] for name in _ENDINGS}, own["other"])
    subject = own["subject"].replace("{what}", what)
    follows = [("", own["thanks"], ""), _if("incident.code", own["voucher"] + ".")]
    return _Said(subject=subject, news=[("", f"{subject}.", "")], follows=follows, brief=follows, page="")


def _page(said: str, link: str) -> list[_Line]:
    """The way to the page of the order, where the message says one."""
    return [_if("order.page", link)] if said else []


def _joined(lines: Sequence[_Line], between: str, room: int) -> str:
    """The lines as one text, those that hold what others wrote no longer than there is room for."""
    said = "".join(f"{before}{line}{between}{after}" for before, line, after in lines)
    for long in ("incident.reason", "incident.substitutes | listed", "incident.makegood"):
        said = said.replace(f"{{{{ {long} }}}}", f"{{{{ {long} | truncate({room}) }}}}")
    return said.removesuffix(between)


def _begun(text: str) -> str:
    """The text as a sentence begins."""
    return text[:1].upper() + text[1:]


def _if(name: str, line: str) -> _Line:
    return f"{{% if {name} %}}", line, "{% endif %}"


def _chosen(name: str, texts: Mapping[str, str], otherwise: str = "") -> str:
    """One of several texts by what a variable says."""
    branches = [f'{{% {{}} {name} == "{value}" %}}{text}' for value, text in texts.items()]
    said = "".join(branch.replace("{}", "elif" if at else "if", 1) for at, branch in enumerate(branches))
    closed = f"{said}{{% else %}}{otherwise}{{% endif %}}" if otherwise else f"{said}{{% endif %}}"
    return closed.replace("{order}", _ORDER)

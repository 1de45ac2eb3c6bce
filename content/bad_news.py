"""Bad news and good news, as they are said before a shop writes its own: an apology, why, when, what next."""

from collections.abc import Mapping

from content.bad_news_words import LETTER, NEW_DATE, NEXT, PUT_RIGHT, WHAT
from content.forms import FORMS
from content.templates import Content

# The templates' ids: a shop writes others with PUT /v1/templates/bad-news, …/new-date and …/good-news.
BAD, DATE, GOOD = "bad-news", "new-date", "good-news"
NAMES = {BAD: "Bad news first", DATE: "A new date", GOOD: "Put right"}

_ORDER = '{{ order.id | default("") }}'
_LINK = "{{ order.page }}"
_ENDINGS = ("delivered", "shipped", "in_stock", "refunded")


def content(template: str) -> Content:
    """The content of one of the templates for every channel, in every language there are words for."""
    write = {BAD: _bad, DATE: _date, GOOD: _good}[template]
    written = {language: write(language) for language in LETTER}
    made: Content = {channel: {} for channel in FORMS}
    for channel, form in FORMS.items():
        for language, (subject, lines, short) in written.items():
            if channel == "email":
                html = "".join(f"{before}<p>{line}</p>{after}" for before, line, after in lines)
                made[channel][language] = {"subject": subject, "html": html}
            elif form.required == {"text"}:
                made[channel][language] = {"text": f"{{{{ shop.name }}}}: {short}"}
            else:
                body = {"title": subject, "body": short, "link": "{{ shop.url }}"}
                made[channel][language] = body
    return made


# A line of a letter: what opens the condition it stands under, itself, and what closes that.
_Line = tuple[str, str, str]


def _bad(language: str) -> tuple[str, list[_Line], str]:
    """The subject, the lines of the letter, and all of it in short."""
    own = LETTER[language]
    what = _chosen("incident.cause", WHAT[language])
    begun = _chosen("incident.cause", {cause: _begun(text) for cause, text in WHAT[language].items()})
    after = _chosen("incident.cause", NEXT[language])
    until = f"{{% if incident.code_until %}}{own['until']}{{% endif %}}."
    lines = [
        ("", own["hello"], ""),
        ("", own["sorry"].replace("{what}", begun), ""),
        _if("incident.reason", own["reason"] + "."),
        _if("incident.expected_at", own["date"]),
        ("", after, ""),
        _if("incident.substitutes", own["instead"]),
        _if("incident.code", own["makegood"] + until),
        _if("incident.call", own["call"]),
        _page(language),
    ]
    short = (lines[2], lines[3], _if("incident.code", own["code"]), _if("order.page", _LINK))
    told = "".join(f"{before} {line}{after}" for before, line, after in short)
    return own["subject"].replace("{what}", what), lines, own["sorry"].replace("{what}", begun) + told


def _date(language: str) -> tuple[str, list[_Line], str]:
    own = {name: text.replace("{order}", _ORDER) for name, text in NEW_DATE[language].items()}
    moved = _chosen("incident.change", {name: own[name] for name in ("first", "sooner")}, own["later"])
    lines = [
        ("", LETTER[language]["hello"], ""),
        ("", moved, ""),
        _if("incident.reason", LETTER[language]["reason"] + "."),
        _if("incident.code", own["voucher"]),
        _page(language),
    ]
    return own["subject"], lines, f"{moved}{{% if order.page %}} {_LINK}{{% endif %}}"


def _good(language: str) -> tuple[str, list[_Line], str]:
    own = PUT_RIGHT[language]
    what = _chosen("incident.ending", {name: own[name] for name in _ENDINGS}, own["other"])
    subject = own["subject"].replace("{what}", what)
    lines = [
        ("", LETTER[language]["hello"], ""),
        ("", f"{subject}.", ""),
        ("", own["thanks"], ""),
        _if("incident.code", own["voucher"] + "."),
    ]
    return subject, lines, f"{subject}. {own['thanks']}"


def _page(language: str) -> _Line:
    """The way to the page of the order."""
    return _if("order.page", f'<a href="{_LINK}">{LETTER[language]["page"]}</a>')


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

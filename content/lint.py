"""What is unwise about a message, though it could be sent: warnings, each with a stable word and a way out."""

import re
from collections.abc import Iterator, Mapping

from content.approved import lint_approved
from content.cards import addresses_of, buttons_of
from content.form import Parts
from content.lint_html import lint_rendered, lint_written
from content.lint_words import lint_words
from content.sms import segments
from content.warn import Warn
from content.wording import WORDINGS, language_of

__all__ = ["Warn", "lint", "lint_languages"]

SUBJECT_SHOWN = 60
GMAIL_CLIPS = 102_000  # bytes of HTML, after which Gmail cuts the letter and hides the footer
SEGMENTS_WANTED = 3
# Of push messages: what a locked phone shows of the title and the body, folded up.
TITLE_SHOWN = {"web_push": 50, "mobile_push": 50}
BODY_SHOWN = {"web_push": 120, "mobile_push": 150}
TITLE_LONG, BODY_LONG = 120, 2_000
LABEL_SHOWN = 20  # WhatsApp's and Messenger's limit, and what fits on a phone elsewhere
_WAY_OUT = re.compile(r'href="[^"]*/u/[^"]+"')
_SHOUTING = re.compile(r"\b[A-Z]{4,}\b(?:\W+\b[A-Z]{4,}\b)+")


def lint(channel: str, locale: str, written: Parts, rendered: Parts, *, purpose: str = "marketing") -> list[Warn]:
    """What is unwise about one channel's content in one language, as written and as one person would get it."""
    if channel == "email":
        words = lint_words(locale, "html", f"{rendered['subject']}.\n{_own_words(rendered['text'])}")
        letter = [*_subject(rendered["subject"]), *_letter(written, rendered, purpose), *words]
        return [*letter, *_language(locale, purpose)]
    said = "\n".join(rendered.get(part, "") for part in ("title", "text", "body"))
    words = lint_words(locale, "body" if "body" in rendered else "text", said)
    if channel == "sms":
        return [*_text_message(rendered["text"]), *words]
    untracked = lint_approved(written) if purpose == "marketing" else ()
    return [*_card(channel, rendered), *untracked, *words]


def lint_languages(content: Mapping[str, Mapping[str, Parts]], default_locale: str) -> list[Warn]:
    """Channels that are not written in the shop's own language: who speaks none of the others gets nothing."""
    return [
        Warn(
            code="no_default_locale",
            part=channel,
            message=f"{channel} is not written in {default_locale}, the shop's own language: customers whose language "
            "is missing too will get nothing.",
        )
        for channel, locales in content.items()
        if default_locale not in locales and language_of(default_locale) not in locales
    ]


def _subject(subject: str) -> Iterator[Warn]:
    if len(subject) > SUBJECT_SHOWN:
        yield Warn(
            code="subject_long",
            part="subject",
            message=f"The subject has {len(subject)} characters; phones show about {SUBJECT_SHOWN}.",
        )
    if _SHOUTING.search(subject) or subject.count("!") > 1:
        yield Warn(code="shouting", part="subject", message="Capitals and exclamation marks put a letter among spam.")


def _own_words(text: str) -> str:
    """A text part without the foot that is ours."""
    return text.rpartition("\n-- \n")[0] or text


def _letter(written: Parts, rendered: Parts, purpose: str) -> Iterator[Warn]:
    part = "mjml" if "mjml" in written else "html"
    if not written.get("preheader"):
        yield Warn(
            code="no_preheader",
            part="preheader",
            message="Without a preheader the letter's first words stand beside the subject.",
        )
    size = len(rendered["html"].encode())
    if size > GMAIL_CLIPS:
        yield Warn(
            code="gmail_clips",
            part=part,
            message=f"The letter has {size:,} bytes of HTML; Gmail cuts it at {GMAIL_CLIPS:,}, the way out included.",
        )
    if purpose == "marketing" and not _WAY_OUT.search(rendered["html"]):
        yield Warn(
            code="no_unsubscribe",
            part=part,
            message="This person's letter has no link to unsubscribe: let yours stand outside of any {% if %}.",
        )
    yield from lint_written(part, written[part])
    yield from lint_rendered(part, rendered["html"], len(_own_words(rendered["text"]).split()))


def _language(locale: str, purpose: str) -> Iterator[Warn]:
    if purpose == "marketing" and language_of(locale) not in WORDINGS:
        yield Warn(
            code="footer_in_english",
            part="html",
            message=f"Encore does not speak {locale} yet: the links in the footer will be in English.",
        )


def _text_message(text: str) -> Iterator[Warn]:
    count = segments(text)
    if count.segments > SEGMENTS_WANTED:
        yield Warn(code="sms_long", part="text", message=f"This is sent, and paid, as {count.segments} text messages.")
    if count.unicode:
        yield Warn(
            code="sms_unicode",
            part="text",
            message=f"{' '.join(count.unicode[:5])} is outside the GSM alphabet, so that only 70 characters fit into a "
            f"segment; it is {count.segments} now.",
        )


def _card(channel: str, rendered: Parts) -> Iterator[Warn]:
    if len(rendered.get("title", "")) > (shown := TITLE_SHOWN.get(channel, TITLE_LONG)):
        text = f"The title has {len(rendered['title'])} characters; about {shown} are shown."
        yield Warn(code="title_long", part="title", message=text)
    if len(rendered.get("body", "")) > (shown := BODY_SHOWN.get(channel, BODY_LONG)):
        text = f"The body has {len(rendered['body'])} characters; devices show about {shown}."
        yield Warn(code="body_long", part="body", message=text)
    if channel in TITLE_SHOWN and not rendered.get("link"):
        yield Warn(code="no_link", part="link", message="Without a link a tap opens the shop's front page.")
    if "media" in rendered and not rendered.get("media_alt"):
        yield Warn(code="no_alt", part="media_alt", message="The picture has no words for who cannot see it.")
    for button in buttons_of(rendered):
        if len(button.label) > LABEL_SHOWN:
            text = f"The button “{button.label[:40]}” has more than {LABEL_SHOWN} characters: it is cut, or refused."
            yield Warn(code="button_long", part="buttons", message=text)
    for name in ("media", *addresses_of(rendered)):
        if rendered.get(name, "").startswith("http://"):
            yield Warn(code="plain_http", part=name.partition("_")[0], message=f"{rendered[name]} is not https.")

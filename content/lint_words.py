"""Words that cost a message readers: those that spam filters count, hard ones, and sentences that nobody finishes."""

import re
from collections.abc import Iterator

from content.plain_words import PLAIN_WORDS
from content.spam_words import SPAM_WORDS
from content.warn import Warn
from content.wording import language_of

LONG_SENTENCE = 32
SHOWN = 5
_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]?")
_ADDRESS = re.compile(r"https?://\S+")


def lint_words(locale: str, part: str, text: str) -> Iterator[Warn]:
    """What is unwise about the words that somebody would read."""
    language, plain = language_of(locale), _ADDRESS.sub("", text)
    lower = plain.lower()
    spam = _longest([word for word in SPAM_WORDS.get(language, ()) if _stands(word, lower)])
    if len(spam) > 1:
        said = ", ".join(f"“{word}”" for word in spam[:SHOWN])
        yield Warn(code="spam_words", part=part, message=f"Filters of unwanted mail count words like {said}.")
    hard = {word: better for word, better in PLAIN_WORDS.get(language, {}).items() if _stands(word, lower)}
    if hard:
        said = ", ".join(f"“{word}” ({better})" for word, better in list(hard.items())[:SHOWN])
        yield Warn(code="hard_words", part=part, message=f"Plainer words are read faster: {said}.")
    for sentence in _SENTENCE.findall(plain):
        words = sentence.split()
        if len(words) > LONG_SENTENCE:
            begins = " ".join(words[:6])
            text = f"The sentence that begins “{begins[:60]} …” has {len(words)} words; make two or three of it."
            yield Warn(code="long_sentence", part=part, message=text)


def _longest(found: list[str]) -> list[str]:
    """Without what is part of a longer one: "limited time only" is one word of theirs, not two."""
    return [word for word in found if not any(word != other and word in other for other in found)]


def _stands(word: str, text: str) -> bool:
    return word in text and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None

"""The links in a message: for those who want to know which were followed, and from where visitors came."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from html import escape, unescape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

Wrap = Callable[[str], str]
# A compiled letter has every attribute in double quotes: the HTML was written out by a serialiser.
_WEB = re.compile(r'(<a\s[^>]*?href=")(https?://[^"]*)(")')
# In plain text; what follows an address in a sentence is no part of it.
_SPELT = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]}]")


def rewrite(html: str, wrap: Wrap) -> str:
    """The letter with `wrap(address)` in place of each web address that a link leads to.

    Addresses reach `wrap` unescaped. It decides which to leave alone by giving them back as they are: Encore's own
    pages above all, since a way out must work without a redirect.
    """

    def replaced(match: re.Match[str]) -> str:
        address = unescape(match[2])
        wrapped = wrap(address)
        return match[0] if wrapped == address else match[1] + escape(wrapped) + match[3]

    return _WEB.sub(replaced, html)


def respell(text: str, wrap: Wrap) -> str:
    """The plain text with `wrap(address)` in place of each web address in it."""
    return _SPELT.sub(lambda match: wrap(match[0]), text)


def spelt(text: str) -> Iterator[tuple[int, int]]:
    """Where a plain text spells out web addresses."""
    yield from (match.span() for match in _SPELT.finditer(text))


@lru_cache(maxsize=4_096)
def with_source(address: str, home: str, source: tuple[tuple[str, str], ...]) -> str:
    """The address with where its visitor comes from (UTM parameters), if it leads to the shop at `home`.

    What the writer put there stays; an address of others is left alone, since theirs may be signed.
    """
    split = urlsplit(address)
    if not _leads(split.hostname, urlsplit(home).hostname):
        return address
    known = {name for name, _ in parse_qsl(split.query, keep_blank_values=True)}
    added = urlencode([(name, value) for name, value in source if value and name not in known])
    query = "&".join(filter(None, [split.query, added]))
    return urlunsplit(split._replace(query=query))


def _leads(host: str | None, home: str | None) -> bool:
    if not host or not home:
        return False
    bare = home.removeprefix("www.")
    return host == bare or host.endswith(f".{bare}")

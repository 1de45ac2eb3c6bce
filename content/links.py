"""The links in a rendered e-mail, for those who want to know which were followed."""

import re
from collections.abc import Callable
from html import escape, unescape

Wrap = Callable[[str], str]
# A compiled letter has every attribute in double quotes: the HTML was written out by a serialiser.
_WEB = re.compile(r'(<a\s[^>]*?href=")(https?://[^"]*)(")')


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

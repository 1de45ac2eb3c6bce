"""A message as a picture: drawn by a browser that runs no script and reaches no network.

Playwright and a Chromium are the extra `pictures`. Nothing is loaded while drawing: a picture in a letter shows its
words, as most mail programs show a letter at first, and no address that a marketer wrote is asked for by our servers.
"""

import threading
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from string import Template as Frame

import msgspec

from common.errors import Unavailable
from content.cards import buttons_of

try:
    from playwright.sync_api import Browser, Error, sync_playwright
except ImportError:  # the extra `pictures` was not installed
    sync_playwright = None  # type: ignore[assignment]  # then nothing is drawn

WIDTHS = {"desktop": 700, "phone": 390}
# Of a sheet: four messages side by side, each as a phone shows the beginning of it.
SHEET_WIDTH, TILE = 1_680, "width:390px;height:520px"
TALLEST = 8_000
PATIENCE_MS = 30_000
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
              "--disable-component-update", "--disable-sync"]  # fmt: skip
# A browser takes some 200 MB: a process draws one picture at a time.
_ONE = threading.Lock()


class Painter:
    """Draws what HTML shows; `executable` is a Chromium's path, "" where none is set."""

    def __init__(self, executable: str) -> None:
        self._executable = executable

    def paint(self, html: str, width: int) -> bytes:
        """A PNG, as tall as the page; raises Unavailable where there is no browser to draw with, or it fails."""
        if sync_playwright is None or not self._executable:
            text = "Pictures need the extra `pictures` and a Chromium, whose path is set as ENCORE_BROWSER."
            raise Unavailable(text, retry_after=3_600)
        try:
            with _ONE, sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=self._executable, args=_ARGUMENTS)
                return self._shot(browser, html, width)
        except Error as error:
            raise Unavailable(f"The browser did not draw it: {str(error).splitlines()[0][:200]}") from None

    @staticmethod
    def _shot(browser: "Browser", html: str, width: int) -> bytes:
        context = browser.new_context(
            viewport={"width": width, "height": 600}, java_script_enabled=False, offline=True, device_scale_factor=1
        )
        context.route("**/*", lambda route: route.abort())
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.set_content(html, wait_until="domcontentloaded")
        box = page.locator("html").bounding_box()
        height = min(TALLEST, int(box["height"]) + 1 if box else 0)
        page.set_viewport_size({"width": width, "height": max(120, height)})
        shot = page.screenshot(animations="disabled")
        browser.close()
        return shot


def as_page(channel: str, parts: Mapping[str, str], locale: str, direction: str) -> str:
    """The HTML that shows a message: a letter as it is, under its envelope; any other as a card on a phone."""
    if channel == "email":
        return _with_envelope(parts["html"], parts["subject"], direction)
    labels = [*(button.label for button in buttons_of(parts)), parts.get("why_label", "")]
    buttons = "".join(f'<p class="button">{escape(label)}</p>' for label in labels if label)
    media = parts.get("media_alt") or parts.get("media", "")
    card = resources.files("content").joinpath("card.html").read_text(encoding="utf-8")
    return Frame(card).substitute(
        locale=escape(locale),
        direction=direction,
        channel=escape(channel.replace("_", " ")),
        title=f"<h1>{escape(parts['title'])}</h1>" if parts.get("title") else "",
        media=f'<p class="media">{escape(media)}</p>' if media else "",
        words=escape(parts.get("text") or parts.get("body", "")),
        buttons=buttons,
    )


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a sheet: whose it is, its page ("" where there is none), and what is to be said of it."""

    title: str
    page: str
    note: str = ""


def as_sheet(tiles: Sequence[Tile]) -> str:
    """The HTML that shows many messages side by side, each in a frame of its own, where its styles stay."""
    shown = []
    for one in tiles:
        style = f"{TILE};border:0;background:#fff"
        frame = f'<iframe sandbox scrolling="no" style="{style}" srcdoc="{escape(one.page)}"></iframe>'
        empty = f'<p style="{TILE};margin:0;background:#fff;display:grid;place-items:center">No message</p>'
        shown.append(
            f'<figure style="margin:0"><figcaption style="height:42px;overflow:hidden"><b>{escape(one.title)}</b><br>'
            f"{escape(one.note)}</figcaption>{frame if one.page else empty}</figure>"
        )
    style = "margin:0;padding:24px;background:#e9e4dc;font:14px/20px Helvetica,Arial,sans-serif;color:#1f1b18"
    grid = "display:grid;grid-template-columns:repeat(4,390px);gap:24px"
    return f'<!doctype html><meta charset="utf-8"><body style="{style}"><div style="{grid}">{"".join(shown)}</div>'


def _with_envelope(html: str, subject: str, direction: str) -> str:
    """A letter below its subject."""
    style = "margin:0;padding:14px 18px;background:#ffffff;border-bottom:1px solid #d9d4cc;color:#1f1b18"
    words = f'<p dir="{direction}" style="{style};font:600 16px Helvetica,Arial,sans-serif">{escape(subject)}</p>'
    start = html.index(">", html.index("<body")) + 1
    return html[:start] + words + html[start:]

"""QR images of codes and links, drawn in black on white with the quiet margin that scanners want."""

import io
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import segno

MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
_PARAMETER = "voucher"


def drawn(text: str, form: str, scale: int) -> tuple[bytes, str]:
    """A picture of a text as "svg" or "png", `scale` pixels to a module; its bytes and its media type."""
    buffer = io.BytesIO()
    segno.make(text, error="m", micro=False).save(buffer, kind=form, scale=scale, border=4)
    return buffer.getvalue(), MEDIA_TYPES[form]


def link_with(url: str, code: str) -> str:
    """The shop's address with a code in it, beside what its query holds already."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != _PARAMETER]
    return urlunsplit(parts._replace(query=urlencode([*query, (_PARAMETER, code)])))

"""What customers send beside words: a picture, a voice, a file, a place. Noted as the provider tells it, never fetched.

An address that comes from outside leads who knows where, and what lies there is who knows what: a person who wants to
see it asks the provider, by its id or address.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

LONGEST_ADDRESS = 2_000
# One message of a person's has a handful at most; a hostile one shall not fill the thread.
MOST = 10


class Attachment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What kind of thing it is, in the provider's word; its media type and name as they were told.

    `id` is the provider's own, `url` where it lies: an address on the web, or `geo:52.52,13.40` for a place.
    """

    kind: str
    id: str = ""
    url: str = ""
    media_type: str = ""
    name: str = ""


def attachment(kind: Any, *, id: Any = "", url: Any = "", media_type: Any = "", name: Any = "") -> Attachment:
    """One from whatever a provider says; an address that is none of the web's is left out."""
    address = _text(url, LONGEST_ADDRESS + 1)
    sound = address.startswith(("https://", "http://")) and len(address) <= LONGEST_ADDRESS
    return Attachment(
        kind=_text(kind, 40),
        id=_text(id, 500),
        url=address if sound else "",
        media_type=_text(media_type, 100),
        name=_text(name, 200),
    )


def place(said: Mapping[str, Any], name: Any = "") -> list[Attachment]:
    """A place that has a latitude and a longitude; none where they are none."""
    found: list[Any] = [said.get(part) for part in ("latitude", "longitude")]
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in found)
    if not numbers or not (-90 <= found[0] <= 90 and -180 <= found[1] <= 180):
        return []
    return [Attachment(kind="location", url=f"geo:{found[0]:.6f},{found[1]:.6f}", name=_text(name, 200))]


def _text(value: Any, longest: int) -> str:
    plain = "" if value is None or isinstance(value, (list, dict)) else str(value).encode("utf-8", "replace").decode()
    return "".join(sign for sign in plain[:longest] if sign.isprintable())

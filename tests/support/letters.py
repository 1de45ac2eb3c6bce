"""Letters for tests of channels."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from messaging.channel import Letter, Parcel
from messaging.message import Rendered
from sandbox.standins.web_push import subscription

SENDERS = {"email": "hello@shop.example", "sms": "+15005550006"}
# An address of its own for the n-th letter of a chat.
ADDRESSES: dict[str, Callable[[int], str]] = {
    "whatsapp": lambda number: f"+1202555{number:04}",
    "telegram": lambda number: str(700_000_000 + number),
    "viber": lambda number: f"{number:011}A=",
    "messenger": lambda number: str(24_000_000_000_000_000 + number),
    "instagram": lambda number: str(17_800_000_000_000_000 + number),
    "line": lambda number: f"U{number:032x}",
    "web_push": lambda number: subscription(f"browser{number}"),
    "mobile_push": lambda number: f"app{number:03}:{'A' * 40}",
    "inbox": lambda number: f"inbox-{number:020}",
    "webhook": lambda number: f"crm:{number}",
}
# What these say: a title and a body.
SHOWN = {"web_push", "mobile_push", "inbox"}


def letter(channel: str, number: int, **parts: str) -> Letter:
    """The n-th letter of a channel, to an address of its own."""
    if channel == "email":
        words = {
            "subject": f"For you, no. {number}",
            "text": f"Hello no. {number},\nhere is CODE{number}.\n",
            "html": f"<p>Hello no. {number},</p>\n<p>here is <b>CODE{number}</b>.</p>\n",
        }
        headers = {
            "List-Unsubscribe": f"<http://shop.test/u/{number}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        rendered = Rendered(parts=words | parts, headers=headers)
        return Letter(message=f"m{number}", address=f"no{number}@example.com", name=f"No {number}", rendered=rendered)
    if channel == "sms":
        rendered = Rendered(parts={"text": f"Hello no. {number}, here is CODE{number}"} | parts)
        return Letter(message=f"m{number}", address=f"+1202555{number:04}", rendered=rendered)
    if channel in SHOWN:
        words = {
            "title": f"For you, no. {number}",
            "body": f"Here is CODE{number} 🎁",
            "link": "https://shop.example/?a=1",
        }
        rendered = Rendered(parts=words | parts)
        return Letter(message=f"m{number}", address=ADDRESSES[channel](number), rendered=rendered)
    if channel in ADDRESSES:
        rendered = Rendered(parts={"text": f"Hello no. {number}, here is CODE{number}"} | parts)
        return Letter(message=f"m{number}", address=ADDRESSES[channel](number), rendered=rendered)
    raise LookupError(f"tests/support/letters.py has no letter for the channel {channel!r}")


def parcel(channel: str, letters: Sequence[Letter], **changes: Any) -> Parcel:
    """Letters on their way together."""
    whole = Parcel(
        token="t1", channel=channel, letters=letters, sender=SENDERS.get(channel, "The shop"), sender_name="The shop"
    )
    return msgspec.structs.replace(whole, **changes)


def parcel_of(channel: str, count: int = 1, **changes: Any) -> Parcel:
    """So many letters on their way together."""
    return parcel(channel, [letter(channel, number) for number in range(count)], **changes)

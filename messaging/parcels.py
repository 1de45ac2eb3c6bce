"""Letters put together for one hand-over: from whom, about what, under which token."""

from collections.abc import Sequence
from datetime import datetime

from customers.consent import Purpose
from customers.shop import Brand, Shop
from messaging.channel import Letter, Parcel
from messaging.message import Batch, Content

# A campaign may take up a provider's rate so many seconds ahead of time, and as much of it with a parcel: so what is
# urgent waits a second, and not for a thousand letters.
AHEAD = 0.5


def size_at(rate: float, most: int) -> int:
    """How many letters go in a parcel at so many a second, 0 for no limit."""
    return min(most, max(1, int(rate * AHEAD))) if rate else most


def contents_of(parcel: Parcel, now: datetime) -> list[Content]:
    """What a parcel carries, to be kept."""
    return [
        Content(
            message=letter.message,
            token=parcel.token,
            channel=parcel.channel,
            address=letter.address,
            rendered=letter.rendered,
            written_at=now,
        )
        for letter in parcel.letters
    ]


def parcel_of(letters: Sequence[Letter], batch: Batch, shop: Shop, purpose: Purpose, token: str) -> Parcel:
    """A batch's letters from the batch's brand, under an attempt's token."""
    brand = shop.brands.get(batch.brand) or shop.brands.get("default") or Brand()
    senders = {"email": brand.email_from, "sms": brand.sms_from}
    return Parcel(
        token=token,
        channel=batch.channel,
        letters=letters,
        sender=senders.get(batch.channel, brand.name),
        sender_name=brand.name,
        purpose=purpose,
        tags=[batch.campaign] if batch.campaign else [],
    )

"""Letters put together for one hand-over: from whom, about what, under which token."""

from collections.abc import Sequence

from customers.consent import Purpose
from customers.shop import Brand, Shop
from messaging.channel import Letter, Parcel
from messaging.message import Batch


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

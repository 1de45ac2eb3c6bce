"""What is unwise about a message because of how things stand in the shop: what is sold out, an offer that ends."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from content.form import Parts
from content.warn import Warn
from customers.catalogue import Product
from loyalty.offer import Offer

SHORTEST_NAME = 4  # a product whose name is shorter may be met by chance


def lint_products(written: Parts, products: Iterable[Product]) -> Iterator[Warn]:
    """Products that are sold out and are named, or linked to, by the words themselves; of `products`, which may be all
    that are sold out, one is held at a time.
    """
    whole = "\n".join(written.values())
    for product in products:
        signs = _signs(product)
        if product.in_stock or not any(sign in whole for sign in signs):
            continue
        for part, source in written.items():
            at = min((found for sign in signs if (found := source.find(sign)) >= 0), default=-1)
            if at >= 0:
                line = source.count("\n", 0, at) + 1
                text = f"{product.name or product.id} is sold out."
                yield Warn(code="sold_out", part=part, message=text, line=line)
                break


def named_in(texts: Iterable[str], products: Iterable[Product]) -> Iterator[Product]:
    """Those of these products that texts name or link to."""
    whole = "\n".join(texts)
    yield from (product for product in products if any(sign in whole for sign in _signs(product)))


def _signs(product: Product) -> list[str]:
    return [sign for sign in (product.url, product.name) if len(sign) >= SHORTEST_NAME]


def lint_offer(offer: Offer, written: Parts, sent_by: datetime, now: datetime) -> Iterator[Warn]:
    """An offer that has ended before the last message with it may have gone out, at `sent_by`."""
    ends = offer.ends(now)
    if ends is not None and ends < sent_by:
        part = next((name for name, source in written.items() if "offer." in source or "voucher." in source), "offer")
        text = (
            f"The offer {offer.name} ends at {ends:%Y-%m-%d %H:%M} UTC; messages may go out until {sent_by:%Y-%m-%d}."
        )
        yield Warn(code="offer_ends_first", part=part, message=text)

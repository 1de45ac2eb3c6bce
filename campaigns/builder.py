"""Words + offer + customer -> what this person gets."""

from collections.abc import Mapping
from typing import Any

import msgspec

from customers.customer import Customer
from customers.orders import Order
from customers.shop import Brand, Shop


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch needs, each read once for all of it."""

    shop: Shop
    brand: Brand
    customers: Mapping[str, Customer]
    orders: Mapping[str, Order]
    products: Mapping[str, str]
    offer: dict[str, Any]
    codes: Mapping[str, str]
    referral: dict[str, Any]
    referral_codes: Mapping[str, str]

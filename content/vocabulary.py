"""The words a template may use: every variable with its kind, what it says, and what it may look like.

A template sees these names and nothing else, but for the shop's own `attributes.…`. What a kind of variable may be
given to stands in allowlist.py.
"""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec

from common.money import Money


class Kind(StrEnum):
    """What a value is, and so what a template may do with it."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    URL = "url"
    COLOUR = "colour"
    TEXTS = "list of text"
    PRODUCTS = "list of products"
    LINES = "list of order lines"
    TRUTH = "truth"
    GROUP = "group"


_PRODUCT = {"name": Kind.TEXT, "price": Kind.MONEY, "image": Kind.URL, "link": Kind.URL}
# What each item of a list has, by its name in a template; the order is that of the values at render.
FIELDS: dict[Kind, dict[str, Kind]] = {
    Kind.PRODUCTS: _PRODUCT,
    Kind.LINES: {**_PRODUCT, "quantity": Kind.NUMBER, "total": Kind.MONEY},
}


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """A name a template may use. `sample` stands in for it where nobody's own value is at hand."""

    name: str
    kind: Kind
    about: str
    sample: Any


# Where the addresses of an invented person lead: nowhere, so that nobody need be asked for them.
SAMPLE_SITE = "https://shop.example/"


def _url(name: str, about: str, page: str) -> Variable:
    return Variable(name=name, kind=Kind.URL, about=about, sample=SAMPLE_SITE + page)


def _text(name: str, about: str, sample: str) -> Variable:
    return Variable(name=name, kind=Kind.TEXT, about=about, sample=sample)


def _date(name: str, about: str, sample: datetime) -> Variable:
    return Variable(name=name, kind=Kind.DATE, about=about, sample=sample)


def _product(name: str, price: int, page: str) -> dict[str, Any]:
    at = f"https://shop.example/{page}"
    return {"name": name, "price": Money(price, "EUR"), "image": f"{at}.jpg", "link": at}


def _line(product: dict[str, Any], quantity: int) -> dict[str, Any]:
    price = product["price"]
    return {**product, "quantity": quantity, "total": Money(price.amount * quantity, price.currency)}


_FERRY = _product("Night Ferry", 1_990, "night-ferry")
_WEATHER = _product("Slow Weather", 2_300, "slow-weather")
_ORCHARD = _product("The Glass Orchard", 2_450, "glass-orchard")
_LINES = [_line(_FERRY, 1), _line(_WEATHER, 1)]
_PLACED = datetime(2026, 9, 9, 10, 30, tzinfo=UTC)

_DECLARED = [
    _text("first_name", "The customer's first name.", "Ana"),
    _text("last_name", "The customer's last name.", "Souza"),
    _text("locale", "The customer's language and country, such as pt-BR.", "en"),
    _text("country", "The customer's country, such as DE.", "DE"),
    _text("gender", "female or male, where the shop keeps an attribute `gender`; for the filter `gendered`.", "female"),
    Variable(
        name="variety",
        kind=Kind.NUMBER,
        about="A number that is a customer's own and moves on with each order; for the filters `vary` and `turn`.",
        sample=0,
    ),
    Variable(name="profile.orders", kind=Kind.NUMBER, about="How many orders of theirs stand.", sample=4),
    Variable(name="profile.days_since", kind=Kind.NUMBER, about="Whole days since their last order.", sample=74),
    Variable(name="profile.spend", kind=Kind.MONEY, about="What they spent in all.", sample=Money(18_430, "EUR")),
    Variable(
        name="profile.average", kind=Kind.MONEY, about="What an order of theirs is worth.", sample=Money(4_607, "EUR")
    ),
    _date("profile.first_at", "When they first ordered.", datetime(2024, 5, 17, 9, 0, tzinfo=UTC)),
    _date("profile.last_at", "When they last ordered.", _PLACED),
    Variable(name="profile.years", kind=Kind.NUMBER, about="Whole years since their first order.", sample=2),
    Variable(
        name="profile.favourites",
        kind=Kind.PRODUCTS,
        about="What they bought most often, and can be had now.",
        sample=[_FERRY, _WEATHER],
    ),
    Variable(
        name="profile.categories",
        kind=Kind.TEXTS,
        about="The categories they bought of.",
        sample=["Ambient", "Jazz"],
    ),
    _text("last_order.id", "The shop's id of their latest order.", "10042"),
    _date("last_order.placed_at", "When their latest order was placed.", _PLACED),
    Variable(name="last_order.total", kind=Kind.MONEY, about="What was paid for it.", sample=Money(4_290, "EUR")),
    Variable(name="last_order.lines", kind=Kind.LINES, about="What was bought in it, line by line.", sample=_LINES),
    _text("last_order.packed_by", "First name of who packed it.", "Marta"),
    Variable(
        name="last_order.products",
        kind=Kind.TEXTS,
        about="The names of the products in it.",
        sample=["Night Ferry", "Slow Weather", "The Glass Orchard"],
    ),
    Variable(
        name="last_order.again",
        kind=Kind.TEXTS,
        about="What of it can be bought now: what is in stock, and what stands in for what is sold out.",
        sample=["Night Ferry", "The Glass Orchard"],
    ),
    _text("order.id", "The shop's id of the order that the message is about.", "10042"),
    _date("order.placed_at", "When it was placed.", _PLACED),
    Variable(name="order.lines", kind=Kind.LINES, about="What was bought in it, line by line.", sample=_LINES),
    Variable(name="order.total", kind=Kind.MONEY, about="What was paid for it.", sample=Money(4_290, "EUR")),
    Variable(
        name="order.products",
        kind=Kind.TEXTS,
        about="The names of the products in it.",
        sample=["Night Ferry", "Slow Weather"],
    ),
    _text("order.packed_by", "First name of who packed it.", "Marta"),
    _date("order.promised_at", "When it was promised for.", datetime(2026, 9, 12, 16, 0, tzinfo=UTC)),
    _date("order.expected_at", "When it is expected, by the latest word.", datetime(2026, 9, 14, 16, 0, tzinfo=UTC)),
    _text("order.reason", "Why it is as it is, by the latest word.", "A lorry broke down near Lyon"),
    _text("order.carrier", "Who brings it.", "Blue Van"),
    _url("order.page", "The page where the customer sees how it is, and chooses what to do.", "t/sample"),
    _url("order.tracking_url", "Where it can be followed.", "track/10042"),
    Variable(
        name="recommendations",
        kind=Kind.PRODUCTS,
        about="Products in stock that are worth showing this person, the best first.",
        sample=[_ORCHARD, _FERRY, _WEATHER],
    ),
    Variable(name="cart.products", kind=Kind.PRODUCTS, about="What lies in the cart they left.", sample=[_WEATHER]),
    _url("cart.link", "Where the cart can be taken up again.", "cart"),
    _text("wanted.name", "The product that is back in stock, or cheaper now.", "Slow Weather"),
    Variable(name="wanted.price", kind=Kind.MONEY, about="What it costs now.", sample=Money(2_300, "EUR")),
    Variable(name="wanted.was", kind=Kind.MONEY, about="What it cost before.", sample=Money(2_800, "EUR")),
    Variable(
        name="wanted.products",
        kind=Kind.PRODUCTS,
        about="All that is news of that kind for them, where it is several at once.",
        sample=[_WEATHER, _ORCHARD],
    ),
    _url("wanted.image", "A picture of it.", "slow-weather.jpg"),
    _url("wanted.link", "Where it can be bought.", "slow-weather"),
    Variable(
        name="due.products",
        kind=Kind.PRODUCTS,
        about="What they are about to have used up, and can be had; what stands in for what is sold out.",
        sample=[_FERRY],
    ),
    Variable(name="due.names", kind=Kind.TEXTS, about="The names of these products.", sample=["Night Ferry"]),
    _text("unused.code", "The voucher of theirs that they have not used.", "ANA-7K4M-2P"),
    _text("unused.summary", "What it gives, in a few words.", "25 % off your next order"),
    _date("unused.valid_until", "Until when it can be used.", datetime(2026, 12, 6, 22, 0, tzinfo=UTC)),
    _text("offer.name", "The offer's name, as customers see it.", "A quarter off"),
    _text("offer.summary", "What the offer gives, in a few words.", "25 % off your next order"),
    _date("offer.valid_until", "Until when the offer can be used.", datetime(2026, 12, 31, 22, 0, tzinfo=UTC)),
    _text("voucher.code", "The customer's own voucher code.", "ANA-7K4M-2P"),
    _date("voucher.valid_until", "Until when the code can be used.", datetime(2026, 12, 6, 22, 0, tzinfo=UTC)),
    Variable(name="points.balance", kind=Kind.NUMBER, about="The points they can spend.", sample=640),
    Variable(name="points.pending", kind=Kind.NUMBER, about="Points that wait for a return window.", sample=85),
    Variable(name="points.expiring", kind=Kind.NUMBER, about="The points that are lost next.", sample=120),
    _date("points.expiring_at", "When those points are lost.", datetime(2026, 12, 31, 23, 0, tzinfo=UTC)),
    _text("tier.name", "The tier they hold.", "Silver"),
    _text("referral.code", "The customer's own code to share.", "ANA4KXW"),
    _url("referral.link", "The customer's own link to share.", "r/ANA4KXW"),
    _text("referral.friend_reward", "What the invited friend gets.", "10 % off"),
    _text("referral.advocate_reward", "What the customer gets in return.", "€5.00 off"),
    _url("opt_in.link", "The page where a double opt-in is confirmed; for that message alone.", "y/sample"),
    _text("opt_in.wording", "What they confirm there.", "I would like to hear of offers and news."),
    _text("incident.cause", "What went wrong: delayed, out_of_stock, cancelled, damaged …", "delayed"),
    _text("incident.reason", "Why, in the shop's own words.", "A lorry broke down near Lyon"),
    _date("incident.expected_at", "When the order is expected now.", datetime(2026, 9, 14, 16, 0, tzinfo=UTC)),
    _text("incident.makegood", "What makes up for it, in a few words.", "10% off"),
    _text("incident.code", "The code that gives it.", "ANA-7K4M-2P"),
    _date("incident.code_until", "Until when the code can be used.", datetime(2026, 12, 6, 22, 0, tzinfo=UTC)),
    Variable(
        name="incident.substitutes",
        kind=Kind.TEXTS,
        about="Products in stock that stand in for what is sold out.",
        sample=["The Glass Orchard"],
    ),
    _text("incident.change", "How a promised date has changed: first, sooner or later.", "later"),
    _text("incident.call", "Who will be in touch, where a person will; for an `if`.", "a person"),
    _text("incident.ending", "How it was put right: delivered, shipped, in_stock, refunded, by_hand.", "delivered"),
    _text("survey.question", "What a survey asks.", "How likely are you to recommend us to a friend?"),
    _text("survey.low", "The lowest answer.", "0"),
    _text("survey.high", "The highest answer.", "10"),
    _url("survey.link", "The page where it is answered; for that message alone.", "s/sample"),
    _text("shop.name", "The shop's name.", "Our shop"),
    _url("shop.url", "The shop's own address on the web.", ""),
    _text("shop.postal_address", "Where the shop can be written to on paper.", "1 Harbour Lane, 20457 Hamburg"),
    _text("brand.name", "The name the message is sent under.", "Our shop"),
    Variable(name="brand.colour", kind=Kind.COLOUR, about="The brand's colour, as #rrggbb.", sample="#8a2846"),
    Variable(name="brand.logo_url", kind=Kind.URL, about="Where the brand's logo lies.", sample=""),
    _url("links.unsubscribe", "The page that stops these messages.", "u/sample"),
    _url("links.preferences", "The page to choose what is sent, and how.", "p/sample"),
    _url("links.open", "The picture at the foot of marketing e-mail that tells that it was opened.", "o/sample.gif"),
    _url("links.why", "The page that says why this person got the message.", "w/sample"),
]

VARIABLES: dict[str, Variable] = {variable.name: variable for variable in _DECLARED}
ATTRIBUTES = "attributes"
GROUPS: frozenset[str] = frozenset(name.split(".")[0] for name in VARIABLES if "." in name) | {ATTRIBUTES}
# An attribute is one of the shop's own; as its name is part of a variable's at render, it holds no double underscore.
_ATTRIBUTE = re.compile(rf"{ATTRIBUTES}\.(?!.*__)[A-Za-z][A-Za-z0-9_]{{0,63}}")


def kind_of(path: str) -> Kind | None:
    """The kind of a name as a template writes it (`voucher.code`, or `voucher` for all of it), or None."""
    if path in VARIABLES:
        return VARIABLES[path].kind
    if _ATTRIBUTE.fullmatch(path):
        return Kind.TEXT
    return Kind.GROUP if path in GROUPS else None


def sample(locale: str) -> dict[str, Any]:
    """Values for a person who does not exist, to show what a template makes of them."""
    values: dict[str, Any] = {}
    for name, variable in VARIABLES.items():
        group, _, field = name.rpartition(".")
        (values.setdefault(group, {}) if group else values)[field] = variable.sample
    return {**values, "locale": locale}

"""Customers, their consents and their timeline, coming in and going out."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from api.schemas.base import Instant, MoneySchema, PageArgs, Strict
from api.schemas.checks import MAX_SHORT, Checked, dated, short
from common.errors import Invalid
from customers.addresses import CHANNELS
from customers.attributes import MAX_ATTRIBUTES, MAX_ITEM, MAX_LENGTH, check_name
from customers.imports import locale_of, zone_of
from customers.preferences import PACES
from customers.subscriptions import LONGEST
from customers.whereabouts import country_of

MAX_ADDRESSES = 10


def _addresses(about: str, longest: int = MAX_SHORT) -> "fields.List[Any]":
    text = fields.String(validate=validate.Length(max=longest))
    return fields.List(text, validate=validate.Length(max=MAX_ADDRESSES), metadata={"description": about})


class AddressesSchema(Strict):
    """Where a customer can be reached, by channel, the address to use first standing first."""

    email = _addresses("E-mail addresses.")
    sms = _addresses("Phone numbers: +351912345678, or without the + where `country` is known.")
    whatsapp = _addresses("Phone numbers that have WhatsApp, written likewise.")
    telegram = _addresses("Chat ids, which a bot learns when somebody writes to it.")
    viber = _addresses("Viber's ids of users, which it tells when somebody subscribes.")
    messenger = _addresses("Page-scoped ids of Messenger's.")
    instagram = _addresses("Instagram-scoped ids.")
    line = _addresses("LINE's ids of users: U and 32 hexadecimal digits.")
    web_push = _addresses("What JSON.stringify(subscription) gives in a browser that subscribed.", LONGEST)
    mobile_push = _addresses("Registration tokens of Firebase's, one an installed app.", 4_096)
    inbox = _addresses("Inboxes on the shop's pages; POST /v1/customers/{id}/inbox makes one.")
    webhook = _addresses("What the shop's own system, which takes the messages, calls this customer.")


class Attributes(fields.Dict):
    """Facts of the shop's own: a name, and a value of the type that PUT /v1/shop declares for it.

    An undeclared one takes a text, a number, or true or false; a date is written 2026-11-22; null takes one away.
    """

    def __init__(self, **settings: Any) -> None:
        text = {"type": "string", "maxLength": MAX_LENGTH}
        texts = {"type": "array", "items": {"type": "string", "maxLength": MAX_ITEM}}
        value = {"anyOf": [text, texts, {"type": ["number", "boolean", "null"]}]}
        super().__init__(keys=fields.String(), metadata={"additionalProperties": value}, **settings)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        facts: dict[str, Any] = super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        if len(facts) > MAX_ATTRIBUTES:
            raise ValidationError(f"At most {MAX_ATTRIBUTES} attributes.")
        wrong = {name: reasons for name, fact in facts.items() if (reasons := _wrong(name, fact))}
        if wrong:
            raise ValidationError(wrong)
        return facts


def _wrong(name: str, fact: Any) -> list[str]:
    """What is wrong with an attribute."""
    try:
        check_name(name)
    except Invalid as error:
        return error.fields["attributes"]
    texts = isinstance(fact, list) and all(isinstance(item, str) for item in fact)
    if texts or isinstance(fact, str | int | float | bool | None):
        return []
    return ["An attribute is a text, a number, true or false, or a list of texts."]


class ConsentSchema(Strict):
    """A word of consent as it stands."""

    state = fields.String(required=True)
    at = Instant(required=True)
    how = fields.String()
    wording = fields.String()
    source = fields.String()
    by = fields.String(metadata={"description": "The id of the API key that passed it on, or `customer`."})


class ProfileSchema(Strict):
    """What a customer's orders add up to."""

    orders = fields.Integer(required=True, metadata={"description": "Orders that stand."})
    days = fields.Integer(required=True, metadata={"description": "Days on which they ordered."})
    spend = fields.List(fields.Nested(MoneySchema), required=True)
    first_at = Instant(required=True, allow_none=True)
    last_at = Instant(required=True, allow_none=True)
    days_since = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Whole days since `last_at`, worked out when it is read; null without orders."},
    )
    gap_days = fields.Float(required=True, allow_none=True, metadata={"description": "Their own usual gap."})
    products = fields.List(fields.String(), required=True)
    counts = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, metadata={"description": "Orders by currency."}
    )
    average = fields.List(
        fields.Nested(MoneySchema), required=True, metadata={"description": "What an order of theirs comes to."}
    )
    categories = fields.List(
        fields.String(), required=True, metadata={"description": "Of the products, by the catalogue as it is now."}
    )
    returns = fields.Integer(required=True, metadata={"description": "Orders of which something came back."})
    incidents = fields.Integer(required=True, metadata={"description": "What went wrong with their orders."})
    open_incidents = fields.Integer(required=True, metadata={"description": "Orders with a trouble not yet put right."})
    bad_in_a_row = fields.Integer(
        required=True, metadata={"description": "Orders with a trouble since the last one without."}
    )
    last_incident_at = Instant(required=True, allow_none=True)


class ExpiringPointsSchema(Strict):
    """So many points are lost then, where nobody spends them."""

    at = Instant(required=True)
    points = fields.Integer(required=True)


class LoyaltySchema(Strict):
    """A customer's points and tier; `GET …/points` tells more."""

    points = fields.Integer(dump_default=0, metadata={"description": "What can be spent, or is owed."})
    pending = fields.Integer(dump_default=0)
    tier = fields.String(dump_default="")
    expiring = fields.List(fields.Nested(ExpiringPointsSchema), dump_default=list)


class CustomerFactsSchema(Strict):
    """What the shop tells of a customer. What is left out stays as it is; "", [] or null takes away."""

    first_name = short()
    last_name = short()
    locale = Checked(locale_of, metadata={"description": "Like en or pt-BR."})
    time_zone = Checked(zone_of, metadata={"description": "Like Europe/Lisbon."})
    country = Checked(country_of, metadata={"description": "Two letters, ISO 3166."})
    birthday = short(metadata={"description": "1984-05-17, or --05-17 where the year is not known."})
    addresses = fields.Nested(AddressesSchema)
    preferred = fields.List(
        fields.String(validate=validate.OneOf(CHANNELS)),
        validate=validate.Length(max=len(CHANNELS)),
        metadata={"description": "Channels in the customer's own order."},
    )
    attributes = Attributes()
    tags = fields.List(fields.String(validate=validate.Length(1, MAX_SHORT)), validate=validate.Length(max=50))
    pace = fields.String(
        validate=validate.OneOf(PACES),
        metadata={"description": "Offers and news at most so often, whatever the shop sends; empty for any pace."},
    )
    paused_until = dated(
        allow_none=True, metadata={"description": "No offers and news before; null for no pause, at most two years."}
    )


class CustomerSchema(Strict):
    """A customer as they are known."""

    id = fields.String(required=True)
    first_name = fields.String(required=True)
    last_name = fields.String(required=True)
    locale = fields.String(required=True)
    locale_source = fields.String(required=True, metadata={"description": "given, or shop: the shop's own holds."})
    time_zone = fields.String(required=True)
    time_zone_source = fields.String(
        required=True, metadata={"description": "given, phone, country, or shop: the shop's own holds."}
    )
    country = fields.String(required=True)
    birthday = fields.String(required=True)
    addresses = fields.Nested(AddressesSchema, required=True)
    preferred = fields.List(fields.String(), required=True)
    preferred_source = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "declared, or learned from what they answer to; null where nobody named a channel."},
    )
    channels = fields.List(
        fields.String(), required=True, metadata={"description": "Those with an address, as they are tried."}
    )
    engagement = fields.Dict(required=True, metadata={"description": "What they did with messages and on the site."})
    attributes = fields.Dict(required=True)
    tags = fields.List(fields.String(), required=True)
    pace = fields.String(required=True, metadata={"description": "How often they want offers and news at most."})
    paused_until = Instant(
        required=True, allow_none=True, metadata={"description": "Before then they want no offers and news."}
    )
    consents = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Nested(ConsentSchema)),
        required=True,
        metadata={"description": "By channel and purpose."},
    )
    profile = fields.Nested(ProfileSchema, required=True)
    loyalty = fields.Nested(LoyaltySchema, required=True)
    duplicates = fields.List(
        fields.String(),
        metadata={"description": "Others with an address of theirs, who may be the same person; not told in lists."},
    )
    merged_from = fields.List(
        fields.String(), required=True, metadata={"description": "Ids they had before, which lead here."}
    )
    created_at = Instant(required=True, allow_none=True)
    updated_at = Instant(required=True, allow_none=True)
    version = fields.Integer(required=True)


class CustomerRowSchema(Strict):
    """A customer as a line of CSV: the columns that an import takes, then what their orders add up to."""

    customer_id = fields.String()
    first_name = fields.String()
    last_name = fields.String()
    email = fields.String()
    phone = fields.String()
    country = fields.String()
    locale = fields.String()
    time_zone = fields.String()
    preferred_channel = fields.String()
    marketing_email = fields.String()
    marketing_sms = fields.String()
    tags = fields.String()
    birthday = fields.String()
    orders = fields.Integer()
    first_order_at = Instant()
    last_order_at = Instant()
    created_at = Instant()


class CustomerPageArgs(PageArgs):
    """Which customers are wanted: a part of all, or those with an address."""

    email = short(metadata={"description": "Those with this e-mail address."})
    phone = short(metadata={"description": "Those with this phone number, with its country code."})


class ConsentWordSchema(Strict):
    """What a customer said: yes or no, to what, when, and how it was given."""

    state = fields.String(required=True, validate=validate.OneOf(["granted", "denied"]))
    purpose = fields.String(load_default="marketing", validate=validate.OneOf(["marketing", "service"]))
    at = Instant(metadata={"description": "When it was said; now if left out. An older word changes nothing."})
    how = short(load_default="", metadata={"description": "checkout, phone, …"})
    wording = fields.String(load_default="", validate=validate.Length(max=2_000))
    source = short(load_default="api", metadata={"description": "Who passes it on."})


class ConsentPutSchema(ConsentWordSchema):
    """What a customer said, and whether they are to confirm it."""

    double_opt_in = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "A yes to marketing waits, pending, until they confirm it by a link sent there."},
    )


class OptInSchema(Strict):
    """A yes to marketing that is to be confirmed."""

    wording = fields.String(
        load_default="",
        validate=validate.Length(max=2_000),
        metadata={"description": "What they say yes to; the shop's own wording in their language if left out."},
    )
    source = short(load_default="api", metadata={"description": "Where they asked for it."})


class ConsentEntrySchema(ConsentSchema):
    """A word as the log keeps it."""

    id = fields.String(required=True)
    channel = fields.String(required=True)
    purpose = fields.String(required=True)


class StandingConsentSchema(ConsentSchema):
    """The word that stands for a channel and a purpose."""

    channel = fields.String(required=True)
    purpose = fields.String(required=True)


class AskedConsentSchema(StandingConsentSchema):
    """What stands after asking for a double opt-in."""

    expires_at = Instant(required=True, allow_none=True, metadata={"description": "Until when it can be confirmed."})
    message = fields.String(
        required=True, metadata={"description": "The message that asks; empty where they had said yes already."}
    )


class TimelineArgs(PageArgs):
    """Which part of a timeline is wanted."""

    type = fields.String(
        load_default="",
        validate=validate.Regexp(r"([a-z][a-z0-9_]{0,63})?\Z", error="Not a type, like order_placed or message."),
        metadata={"description": "One type, or a family of them: order, message, consent, voucher, points, …"},
    )


class TimelineEntrySchema(Strict):
    """Something that happened with a customer."""

    id = fields.String(required=True)
    type = fields.String(required=True)
    at = Instant(required=True)
    text = fields.String(required=True, metadata={"description": "What happened, in a sentence."})
    data = fields.Dict(required=True)

"""The shop, coming in and going out."""

from typing import Any, get_args

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from api.schemas.base import Strict
from api.schemas.checks import Checked, a_channel, short, url, whole
from customers.addresses import EMAIL, SMS, kept_form, normalise
from customers.attributes import MAX_ATTRIBUTES, NAME_PATTERN, Attribute, AttributeType
from customers.imports import currency_of, locale_of, zone_of
from customers.shop import DAYS, Brand, Cap, QuietHours, SendWindow, Shop
from customers.subscriptions import LONGEST

_FRESH = Shop()
_TIME = "^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _time(**settings: Any) -> fields.String:
    check = validate.Regexp(_TIME.removesuffix("$") + r"\Z", error="Not a time of day, like 21:00.")
    return fields.String(validate=check, metadata={"pattern": _TIME}, **settings)


class QuietHoursSchema(Strict):
    """No marketing from start until end, in the receiver's own time."""

    start = _time(required=True)
    end = _time(required=True)

    @post_load
    def _quiet(self, data: dict[str, Any], **_: Any) -> QuietHours:
        return QuietHours(**data)


def days_of_week(**settings: Any) -> fields.List[Any]:
    """Days, mon to sun; none stands for all seven."""
    return fields.List(fields.String(validate=validate.OneOf(DAYS)), validate=validate.Length(max=7), **settings)


class SendWindowSchema(Strict):
    """Only between these times, in the receiver's own time, and on these days; no days stand for all seven."""

    start = _time(load_default="00:00")
    end = fields.String(
        load_default="",
        validate=validate.Regexp(rf"({_TIME.removesuffix('$')})?\Z", error="Not a time of day, like 21:00."),
        metadata={"description": "Empty for midnight."},
    )
    days = days_of_week(load_default=list)

    @validates_schema
    def _open(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("end") and data["end"] <= data.get("start", "00:00"):
            raise ValidationError("Ends before it starts.", "end")

    @post_load
    def _window(self, data: dict[str, Any], **_: Any) -> SendWindow:
        return SendWindow(**data)


class CapSchema(Strict):
    """At most so many messages of a purpose to one person in so many days and hours, over a channel or any."""

    count = whole(0, 1_000, required=True)
    days = whole(0, 365, load_default=0)
    hours = whole(0, 24 * 30, load_default=0)
    channel = fields.String(load_default="", validate=a_channel(or_none=True))
    purpose = fields.String(load_default="marketing", validate=validate.OneOf(["marketing", "service"]))

    @validates_schema
    def _lasts(self, data: dict[str, Any], **_: Any) -> None:
        if not data.get("days") and not data.get("hours"):
            raise ValidationError("Say in how many days, or hours.", "days")

    @post_load
    def _cap(self, data: dict[str, Any], **_: Any) -> Cap:
        return Cap(**data)


class BrandSchema(Strict):
    """How messages look and whom they are from."""

    name = fields.String(required=True, validate=validate.Length(1, 100))
    email_from = Checked(lambda text: normalise(EMAIL, text), load_default=Brand().email_from)
    sms_from = Checked(lambda text: normalise(SMS, text), load_default=Brand().sms_from)
    colour = fields.String(
        load_default=Brand().colour,
        validate=validate.Regexp(r"^#[0-9a-fA-F]{6}\Z", error="Not a colour, like #8a2846."),
        metadata={"pattern": "^#[0-9a-fA-F]{6}$"},
    )
    logo_url = url(load_default="")

    @post_load
    def _brand(self, data: dict[str, Any], **_: Any) -> Brand:
        return Brand(**data)


class AttributeSchema(Strict):
    """What an attribute of customers holds."""

    type = fields.String(required=True, validate=validate.OneOf(get_args(AttributeType)))
    about = short(load_default="", metadata={"description": "A word on what it is for."})

    @post_load
    def _attribute(self, data: dict[str, Any], **_: Any) -> Attribute:
        return Attribute(**data)


class ShopSchema(Strict):
    """What holds for everybody until something says otherwise. What is left out is as in a fresh installation."""

    name = fields.String(load_default=_FRESH.name, validate=validate.Length(1, 200))
    url = url(load_default=_FRESH.url)
    locale = Checked(locale_of, load_default=_FRESH.locale)
    time_zone = Checked(zone_of, load_default=_FRESH.time_zone)
    currency = Checked(currency_of, load_default=_FRESH.currency)
    postal_address = fields.String(load_default="", validate=validate.Length(max=500))
    quiet_hours = fields.Nested(QuietHoursSchema, load_default=None, allow_none=True)
    caps = fields.List(fields.Nested(CapSchema), load_default=list, validate=validate.Length(max=10))
    return_window_days = whole(0, 3_650, load_default=_FRESH.return_window_days)
    brands = fields.Dict(
        keys=fields.String(validate=validate.Regexp(r"^[a-z][a-z0-9_-]{0,63}\Z", error="Not a brand's name.")),
        values=fields.Nested(BrandSchema),
        load_default=lambda: {"default": Brand()},
        validate=validate.Length(1, 50),
        metadata={"description": "By a name of small letters, digits, _ and -; `default` is used where none is named."},
    )
    marketing_stopped = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Stops all marketing at once."},
    )
    open_pixels = fields.Boolean(
        load_default=True,
        truthy={True},
        falsy={False},
        metadata={"description": "Marketing e-mail holds a picture that tells that it was opened."},
    )
    allowed_days = days_of_week(
        load_default=list,
        metadata={"description": "Marketing goes out on these days of the receiver's own week; none stands for all."},
    )
    test_mode = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Nobody gets anything but who has one of the test addresses."},
    )
    test_addresses = fields.List(
        Checked(kept_form, least=1, longest=LONGEST), load_default=list, validate=validate.Length(max=200)
    )
    cheapest_first = fields.List(
        fields.String(validate=a_channel()),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={
            "description": "Channels on which the provider with the lowest price is asked first. Prices are compared "
            "in one currency, the one most of the channel's providers are priced in."
        },
    )
    attributes = fields.Dict(
        keys=fields.String(
            validate=validate.Regexp(NAME_PATTERN.removesuffix("$") + r"\Z", error="Not an attribute's name.")
        ),
        values=fields.Nested(AttributeSchema),
        load_default=dict,
        validate=validate.Length(max=MAX_ATTRIBUTES),
        metadata={"description": "The types of customers' attributes, by name. What is kept already stays as it is."},
    )
    attributes_strict = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Refuse attributes that are not declared."},
    )
    holdout_percent = fields.Float(
        load_default=0.0,
        validate=validate.Range(0, 50),
        metadata={"description": "So many in a hundred of all customers get no marketing at all, to compare with."},
    )
    holdout_draw = fields.String(
        load_default="1",
        validate=validate.Length(1, 64),
        metadata={"description": "A name for the draw of those; another name draws other people."},
    )
    opt_in_wording = fields.Dict(
        keys=Checked(locale_of),
        values=fields.String(validate=validate.Length(1, 2_000)),
        load_default=dict,
        validate=validate.Length(max=50),
        metadata={"description": "What a customer confirms by a double opt-in, by locale."},
    )
    approval_required = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={
            "description": "A campaign goes out only after another key than the one that changed it last agreed."
        },
    )
    margin_percent = fields.Float(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, 100),
        metadata={"description": "What is left of a hundred of list price after the goods are paid; for reports."},
    )
    version = fields.Integer(dump_only=True)

    @post_load
    def _shop(self, data: dict[str, Any], **_: Any) -> Shop:
        return Shop(**data)

"""What every schema is made of: strictness, ids, instants, money, pages."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from api.schemas.said import Said, give_words
from common.ids import SHOP_ID_LENGTH, SHOP_ID_PATTERN, is_shop_id
from common.money import Money

MAX_AMOUNT = 10**12
MAX_TEXT = 10_000
NO_CURRENCY = Said("Must be an ISO 4217 code, like EUR.", "no_currency")
DEFAULT_LIMIT = 50
MAX_LIMIT = 250


class Strict(Schema):
    """A schema that refuses fields it does not know, so that a misspelt one is never silently without effect.

    Each complaint comes with a word for programs (api/schemas/said.py).
    """

    class Meta:
        """Marshmallow's settings."""

        unknown = RAISE

    error_messages = {"unknown": Said("Unknown field.", "unknown_field")}  # marshmallow's own way

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Give a field's complaints their words."""
        give_words(field_obj)


class ShopId(fields.String):
    """The shop's own id of something: printable, without "/", at most 64 characters."""

    def __init__(self, **settings: Any) -> None:
        metadata = {"minLength": 1, "maxLength": SHOP_ID_LENGTH, "pattern": SHOP_ID_PATTERN}
        super().__init__(**{**settings, "metadata": {**metadata, **settings.get("metadata", {})}})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if not is_shop_id(text):
            raise ValidationError(Said(f"An id has 1 to {SHOP_ID_LENGTH} printable characters and no '/'.", "bad_id"))
        return text


class Instant(fields.Field[datetime]):
    """An instant: RFC 3339 with its offset comes in, UTC to the millisecond with a Z goes out."""

    def __init__(self, **settings: Any) -> None:
        metadata = {"type": "string", "format": "date-time"}
        super().__init__(**{**settings, "metadata": {**metadata, **settings.get("metadata", {})}})

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else instant_text(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        try:
            at = datetime.fromisoformat(value.upper())
            utc = at.astimezone(UTC)
        except (AttributeError, ValueError, OverflowError):
            raise ValidationError(Said("Not an instant; write it like 2026-11-22T14:30:00Z.", "no_instant")) from None
        if at.tzinfo is None:
            raise ValidationError(Said("An instant needs its offset, like 2026-11-22T14:30:00Z.", "no_offset"))
        return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def instant_text(at: datetime) -> str:
    """An instant as the API writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Whole(Strict):
    """What is given whole, in a PATCH too: half an amount, or half a tier, is none."""

    def load(self, data: Any, *, partial: Any = None, **settings: Any) -> Any:
        """Not in part."""
        return super().load(data, partial=False, **settings)


class MoneySchema(Whole):
    """An amount in minor units of a currency (1250 EUR is 12.50 euros)."""

    amount = fields.Integer(required=True, strict=True, validate=validate.Range(0, MAX_AMOUNT))
    currency = fields.String(
        required=True, validate=validate.Regexp(r"^[A-Z]{3}\Z", error=NO_CURRENCY), metadata={"pattern": "^[A-Z]{3}$"}
    )

    @post_load
    def _money(self, data: dict[str, Any], **_: Any) -> Money:
        return Money(**data)


class Each(fields.List[Any]):
    """A list whose items are each loaded by themselves: what is wrong with one comes in its place, as the error."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        return [self._loaded(item, **kwargs) for item in value]

    def _loaded(self, item: Any, **kwargs: Any) -> Any:
        try:
            return self.inner.deserialize(item, **kwargs)
        except ValidationError as error:
            return error


class Mapped(fields.Dict):
    """A mapping whose faults are named by their place alone: `content.email`, not `content.email.value`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **named: Any) -> dict[Any, Any]:
        try:
            loaded: dict[Any, Any] = super()._deserialize(value, attr, data, **named)  # type: ignore[no-untyped-call]
        except ValidationError as error:
            if not isinstance(error.messages, dict):
                raise
            # Marshmallow says of each key whether it is wrong itself, or what lies there.
            plain = {key: said.get("value", said.get("key")) for key, said in error.messages.items()}
            raise ValidationError(plain, valid_data=error.valid_data) from None
        return loaded


class PageArgs(Strict):
    """Which part of a list is wanted."""

    limit = fields.Integer(load_default=DEFAULT_LIMIT, validate=validate.Range(1, MAX_LIMIT))
    after = fields.String(
        load_default="",
        validate=validate.Length(max=512),
        metadata={"description": "The `next` of the page before."},
    )


@cache
def Page(item: type[Schema]) -> type[Schema]:  # noqa: N802  # it makes a class and is used like one
    """The schema of one page of a list: `{"data": [...], "next": "cursor or null"}`."""
    name = item.__name__.removesuffix("Schema") + "Page"
    return Strict.from_dict(
        {
            "data": fields.List(fields.Nested(item), required=True),
            "next": fields.String(
                required=True, allow_none=True, metadata={"description": "`after` of the next page; null at the end."}
            ),
        },
        name=name,
    )

"""Providers: the terms on which the shop uses them, and how they do."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from api.schemas.base import Instant, Strict
from api.schemas.checks import KnownMoneySchema

# Letters a second: slower than one an hour is no rate but a stop, for which there is the weight.
SLOWEST, FASTEST = 1 / 3_600, 100_000.0


def _rate(rate: float) -> None:
    if rate and not SLOWEST <= rate <= FASTEST:
        raise ValidationError("At least one letter an hour (0.00028) and at most 100000 a second; or 0 for no limit.")


class ProviderTermsSchema(Strict):
    """On which terms a provider is used."""

    weight = fields.Integer(
        strict=True,
        load_default=1,
        validate=validate.Range(0, 1_000),
        metadata={"description": "Its share of the channel's letters beside other providers'; 0 for none."},
    )
    rate = fields.Float(
        load_default=0.0,
        validate=_rate,
        metadata={
            "description": "The most letters a second, by all workers together: at least one an hour (1/3600); 0 for "
            "no limit."
        },
    )
    price = fields.Nested(
        KnownMoneySchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "Of a thousand letters; of text messages, of a thousand segments."},
    )
    slow_after = fields.Float(
        load_default=0.0,
        validate=validate.Range(0, 600),
        metadata={"description": "A request of so many seconds is slow; 0 for four fifths of ENCORE_HTTP_TIMEOUT."},
    )

    @post_load
    def _terms(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data


class ProviderBreakerSchema(Strict):
    """Why a provider is left alone."""

    until = Instant(required=True)
    reason = fields.String(required=True, metadata={"description": "credentials, rate_limited, errors, slow …"})
    detail = fields.String(required=True)
    times = fields.Integer(required=True, metadata={"description": "How often in a row."})


class ProviderTallySchema(Strict):
    """What came of the requests of the last hour; letters by outcome."""

    requests = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    seconds = fields.Float(required=True, metadata={"description": "A request's, on average."})
    accepted = fields.Integer(required=True)
    rejected = fields.Integer(required=True)
    not_taken = fields.Integer(required=True)
    uncertain = fields.Integer(required=True)


class ProviderSchema(ProviderTermsSchema):
    """A provider, its terms and its health."""

    name = fields.String(dump_only=True)
    channel = fields.String(dump_only=True)
    configured = fields.Boolean(dump_only=True, metadata={"description": "Whether its credentials are set."})
    promise = fields.String(
        dump_only=True,
        metadata={
            "description": "What is known of a letter whose answer was lost: nothing (`blind`), it may be handed over "
            "again under the same key (`idempotent`), or it can be asked for (`lookup`)."
        },
    )
    reports = fields.List(fields.String(), dump_only=True, metadata={"description": "The receipts that it sends."})
    breaker = fields.Nested(
        ProviderBreakerSchema, dump_only=True, allow_none=True, metadata={"description": "Null while all is well."}
    )
    lately = fields.Nested(ProviderTallySchema, dump_only=True)
    version = fields.Integer(dump_only=True)


class ProvidersSchema(Strict):
    """All providers."""

    data = fields.List(fields.Nested(ProviderSchema), required=True)

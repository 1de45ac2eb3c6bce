"""Codes of an offer: asked for, listed, brought along; and who guesses them."""

from marshmallow import fields, validate

from api.schemas.base import Instant, ShopId, Strict

MAX_MINTED = 100_000


class MintSchema(Strict):
    """Which codes the offer should have: one for each of `customers`, or `generic` ones that anybody may use.

    Codes that it has already are the answer too; none is made twice.
    """

    customers = fields.List(ShopId(), load_default=list, validate=validate.Length(max=MAX_MINTED))
    generic = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, MAX_MINTED))
    single_use = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "Each generic code can be used once; a customer's own always so."},
    )


class MintedCodeSchema(Strict):
    """A code and, where it is one person's, its owner."""

    code = fields.String(required=True)
    customer_id = fields.String(required=True)


class MintedSchema(Strict):
    """The codes that were asked for."""

    data = fields.List(fields.Nested(MintedCodeSchema), required=True)


class ListedArgs(Strict):
    """How a list of the shop's own codes is to be taken."""

    single_use = fields.Boolean(
        load_default=False,
        metadata={"description": "Each code can be used once; one with a customer always so."},
    )


class RefusedLineSchema(Strict):
    """A line of the list that was not taken."""

    line = fields.Integer(required=True, metadata={"description": "The file's first line is 1, a JSON item too."})
    code = fields.String(required=True, metadata={"description": "Its beginning, where it is long."})
    reason = fields.String(required=True, metadata={"description": "A stable word for programs."})
    detail = fields.String(required=True)


class ListedSchema(Strict):
    """What became of a list of codes."""

    taken = fields.Integer(required=True)
    known = fields.Integer(required=True, metadata={"description": "The offer had them already."})
    refused = fields.Integer(required=True)
    errors = fields.List(
        fields.Nested(RefusedLineSchema), required=True, metadata={"description": "The first 1,000 refused lines."}
    )


class GuesserSchema(Strict):
    """Somebody who asked for codes that do not exist."""

    id = fields.String(required=True)
    key = fields.String(required=True, metadata={"description": "The id of the API key that asked."})
    customer_id = fields.String(
        required=True,
        attribute="customer",
        metadata={"description": "On whose behalf; empty for all that the key asked."},
    )
    misses = fields.Integer(required=True, metadata={"description": "Within the last minutes."})
    in_all = fields.Integer(required=True)
    first_at = Instant(required=True)
    last_at = Instant(required=True)
    waits_until = Instant(
        required=True, allow_none=True, metadata={"description": "Not answered before; null where never slowed."}
    )

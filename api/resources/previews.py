"""What somebody would get: as parts with warnings, as a picture, and for the most different people at once."""

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import lxml.html
import msgspec
from flask import Response
from flask.views import MethodView

from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.idempotency import operation_id
from api.schemas.previews import (
    LinksSchema,
    PictureSchema,
    PreviewRequestSchema,
    PreviewSchema,
    SheetRequestSchema,
    SheetSchema,
    TestSendSchema,
    TriedSchema,
)
from campaigns.trying import Trial, Tried
from campaigns.values import Occasion
from common.errors import Invalid, NotFound
from content.cards import addresses_of
from content.lint import Warn, lint_languages
from content.lint_shop import lint_offer, lint_products
from content.picture import SHEET_WIDTH, WIDTHS, Tile, as_page, as_sheet
from content.preview import Preview, preview
from content.sheet import FIELDS, most_different, worth_comparing
from content.templates import Template, Unwritable, check_content, pick_locale
from content.vocabulary import SAMPLE_SITE
from content.wording import direction
from customers.customer import Customer
from messaging.web_check import Looked

blueprint = Blueprint("previews", __name__, url_prefix="/v1", description="What is written, before anybody gets it.")

# How long a campaign's messages may wait by default: what ends sooner may be over when the last one goes out.
SENT_WITHIN = timedelta(hours=72)
EVERYBODY = {"rule": "everyone"}


@blueprint.route("/templates/preview")
class PreviewView(MethodView):
    """What somebody would get."""

    @scope("read")
    @blueprint.arguments(PreviewRequestSchema)
    @blueprint.response(200, PreviewSchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Render a template, or content not yet kept, as one person would get it, with warnings. Nothing is sent."""
        seen, template, written = _seen(body)
        warnings = [*seen.warnings, *lint_languages(template.content, _locale()), *_of_the_shop(body, written)]
        return {**msgspec.structs.asdict(seen), "warnings": warnings, "cost": _cost(seen)}


@blueprint.route("/templates/picture")
class PictureView(MethodView):
    """What it would look like."""

    @scope("read")
    @blueprint.arguments(PictureSchema)
    @blueprint.response(200, content_type="image/png", description="The message as its receiver would see it.")
    @blueprint.alt_response(503, "UNAVAILABLE")
    def post(self, body: dict[str, Any]) -> Response:
        """Draw the message as a PNG, with nothing loaded from elsewhere; 503 where no browser is set up for it.

        The header `Encore-Invented` names what in it stands for values that only an event gives this customer.
        """
        seen, _, _ = _seen(body)
        page = as_page(seen.channel, seen.parts, seen.locale, direction(seen.locale))
        drawn = Response(services().painter.paint(page, WIDTHS[body["device"]]), content_type="image/png")
        drawn.headers["Encore-Invented"] = ", ".join(seen.invented)
        return drawn


@blueprint.route("/templates/links")
class LinksView(MethodView):
    """Where it leads."""

    @scope("campaigns")
    @blueprint.arguments(PreviewRequestSchema)
    @blueprint.response(200, LinksSchema)
    def post(self, body: dict[str, Any]) -> dict[str, list[Looked]]:
        """Ask for each link and picture of the message: which are dead, and how heavy pictures are."""
        seen, _, _ = _seen(body)
        ours = (services().links.public_url, SAMPLE_SITE)
        return {"data": services().web_check.look([one for one in _addresses(seen) if not one.startswith(ours)])}


@blueprint.route("/templates/<template_id>/sheet")
class SheetView(MethodView):
    """Many people at once."""

    @scope("read")
    @blueprint.arguments(SheetRequestSchema)
    @blueprint.response(200, SheetSchema)
    def post(self, body: dict[str, Any], template_id: str) -> dict[str, Any]:
        """Show the template for the most different customers: the longest name, none, right to left, no orders, …"""
        return {"data": _rows(template_id, body)}


@blueprint.route("/templates/<template_id>/sheet/picture")
class SheetPictureView(MethodView):
    """The same at a glance."""

    @scope("read")
    @blueprint.arguments(SheetRequestSchema)
    @blueprint.response(200, content_type="image/png", description="Their messages side by side.")
    @blueprint.alt_response(503, "UNAVAILABLE")
    def post(self, body: dict[str, Any], template_id: str) -> Response:
        """Draw the sheet as one PNG; 503 where no browser is set up for it."""
        rows = _rows(template_id, body)
        tiles = [
            Tile(
                title=f"{one['customer']}: {one['why'].replace('_', ' ')}",
                page=as_page(body["channel"], one["parts"], one["locale"], direction(one["locale"]))
                if one["parts"]
                else "",
                note=one["skipped"] or ", ".join(_remarks(one)),
            )
            for one in rows
        ]
        return Response(services().painter.paint(as_sheet(tiles), SHEET_WIDTH), content_type="image/png")


@blueprint.route("/campaigns/<campaign_id>/test-send")
class TestSend(MethodView):
    """Trying it on oneself."""

    @scope("campaigns")
    @blueprint.arguments(TestSendSchema)
    @blueprint.response(200, TriedSchema)
    @blueprint.alt_response(409, "CONFLICT")
    def post(self, body: dict[str, Any], campaign_id: str) -> Tried:
        """Send its message, as a customer would get it, to one of the shop's test addresses; no report counts it."""
        campaign = services().campaigns.get(campaign_id)
        return services().tester.send(campaign, Trial(**body), operation_id())


def _remarks(row: dict[str, Any]) -> list[str]:
    """What is said below a message on a sheet: each kind of warning once, and what was invented."""
    codes = list(dict.fromkeys(warning.code for warning in row["warnings"]))
    return [*codes, *(f"{name} invented" for name in row["invented"])]


def _seen(body: dict[str, Any]) -> tuple[Preview, Template, dict[str, str]]:
    """The preview that is asked for, its template, and what was written."""
    template = _template_of(body)
    customer = _customer(body["customer"]) if "customer" in body else None
    shop_locale = _locale()
    wanted = body["locale"] or (customer.locale if customer else "") or shop_locale
    locale = pick_locale(template, body["channel"], wanted, shop_locale)
    if locale is None:
        raise Invalid.field("locale", f"There is no content for {body['channel']} in {wanted} or {shop_locale}.")
    values = _values(customer, locale, body) if customer else None
    written = template.content[body["channel"]][locale]
    try:
        short = services().builder.short
        return preview(written, body["channel"], locale, values, body["purpose"], short), template, written
    except Unwritable as error:
        raise Invalid.field("customer", str(error)) from None


def _values(customer: Customer, locale: str, body: dict[str, Any]) -> dict[str, Any]:
    """What can be said of this customer. No code is made."""
    about = Occasion(locale=locale, offer=body["offer"], referral_programme=body["referral_programme"])
    return services().builder.rehearse(about, customer)


def _template_of(body: dict[str, Any]) -> Template:
    if "template" in body:
        return services().templates.get(body["template"])
    check_content(body["content"])
    return Template(id="preview", name="preview", content=body["content"])


def _customer(id: str) -> Customer:
    found = services().customers.get([id])
    if id not in found:
        raise NotFound("customer", id)
    return found[id]


def _locale() -> str:
    return services().shops.get().locale


def _of_the_shop(body: dict[str, Any], written: dict[str, str]) -> Iterator[Warn]:
    """What is sold out, of all that the shop has, and whether the offer lasts."""
    yield from lint_products(written, services().products.stream("", in_stock=False))
    if body["offer"]:
        now = services().clock.now()
        yield from lint_offer(services().offers.get(body["offer"]), written, now + SENT_WITHIN, now)


def _cost(seen: Preview) -> dict[str, Any] | None:
    """What a text message costs at what the shop pays for a part; None where it has not said so."""
    if seen.sms is None:
        return None
    price, currency = services().price_of_an_sms_part()
    return {"amount": math.ceil(round(price * seen.sms.segments, 6)), "currency": currency} if price else None


def _addresses(seen: Preview) -> Iterator[str]:
    if "html" in seen.parts:
        tree = lxml.html.document_fromstring(seen.parts["html"])
        yield from (str(address) for _, _, address, _ in tree.iterlinks())
    yield from (seen.parts[name] for name in [*addresses_of(seen.parts), "media"] if name in seen.parts)


def _rows(template_id: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The most different people's messages."""
    template = services().templates.get(template_id, body.get("version"))
    if body["channel"] not in template.content:
        raise Invalid.field("channel", "The template is not written for this channel.")
    rules = services().segments.get(body["segment"]).rules if body.get("segment") else EVERYBODY
    chosen = most_different(worth_comparing(services().audience.stream(rules, fields=FIELDS)), body["count"])
    known = services().customers.get([customer.id for customer, _ in chosen])
    return [_row(template, body, known[one.id], why) for one, why in chosen if one.id in known]


def _row(template: Template, body: dict[str, Any], customer: Customer, why: str) -> dict[str, Any]:
    """One person's message, or why they would get none."""
    shop_locale = _locale()
    locale = pick_locale(template, body["channel"], body["locale"] or customer.locale or shop_locale, shop_locale)
    row: dict[str, Any] = {"customer": customer.id, "why": why, "locale": locale or "", "skipped": ""}
    row |= {"parts": {}, "warnings": [], "invented": []}
    if locale is None:
        return {**row, "skipped": "no_content"}
    written = template.content[body["channel"]][locale]
    try:
        values = _values(customer, locale, body)
        seen = preview(written, body["channel"], locale, values, body["purpose"], services().builder.short)
    except Unwritable as error:
        return {**row, "skipped": ":".join(filter(None, [error.reason, getattr(error, "name", "")]))}
    return {**row, "parts": seen.parts, "warnings": seen.warnings, "invented": seen.invented}

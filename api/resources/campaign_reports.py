"""What a campaign did: its numbers, who is behind each, day by day, and week by week beside the holdout."""

from collections.abc import Iterator
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from flask import Response
from flask.views import MethodView

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.paging import paged
from api.schemas.base import Page
from api.schemas.campaign_reports import DaysSchema, PeopleArgs, PersonSchema, ReportSchema, WeeksArgs, WeeksSchema
from campaigns.experiments.arms import Arm
from campaigns.experiments.result import Comparison, Method
from campaigns.over_time import Day
from campaigns.report import Which
from campaigns.tallies import Numbers
from campaigns.told import OF, Told
from common.money import Money

blueprint = Blueprint("campaign_reports", __name__, url_prefix="/v1/campaigns", description="What campaigns did.")

PEOPLE = (
    "customer", "message", "channel", "variant", "state", "reason", "planned_at", "handed_at", "read_at", "clicked_at",
    "machine_at", "replied_at", "stopped_at", "vouchers_used", "orders", "revenue", "currency",
)  # fmt: skip
DAYS = (*Day.__struct_fields__, "currency")


@blueprint.route("/<campaign_id>/report")
class CampaignReport(MethodView):
    """What it did."""

    @scope("read")
    @blueprint.response(200, ReportSchema)
    def get(self, campaign_id: str) -> dict[str, Any]:
        """Report on a campaign, as things stand now: in all, by channel and by variant, and against its holdout."""
        shop, campaign = services().shops.get(), services().campaigns.get(campaign_id)
        report = services().reporter.report(campaign, shop.currency, shop.margin_percent)
        currency = report.currency
        return {
            **msgspec.structs.asdict(report),
            "treated": arm(report.treated, currency),
            "holdout": arm(report.holdout, currency),
            "variants": {name: arm(one, currency) for name, one in report.variants.items()},
            "uplift": uplift(report.uplift, report.method) if report.uplift else None,
            "total": numbers(report.total, currency),
            "by_channel": {name: numbers(one, currency) for name, one in sorted(report.by_channel.items())},
            "by_variant": {name: numbers(one, currency) for name, one in sorted(report.by_variant.items())},
        }


@blueprint.route("/<campaign_id>/report/people")
class CampaignPeople(MethodView):
    """Who is behind a number."""

    @scope("read")
    @blueprint.arguments(PeopleArgs, location="query")
    @blueprint.response(200, Page(PersonSchema))
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any], campaign_id: str) -> dict[str, Any] | Response:
        """List who is behind a number of the report, in the order of messages; `Accept: text/csv` for all as a file."""
        campaign, currency = services().campaigns.get(campaign_id), services().shops.get().currency
        which = Which(**{name: args[name] for name in Which.__struct_fields__})

        def found(after: str) -> Iterator[dict[str, Any]]:
            people = services().reporter.people(campaign, currency, which, after, whole=csv.is_wanted())
            return (person(one, currency) for one in people)

        if csv.is_wanted():
            rows = (one | {"revenue": one["revenue"].amount, "currency": currency} for one in found(args["after"]))
            return csv.answer(args["of"], PEOPLE, rows)
        return paged(
            lambda after, limit: list(islice(found(after), limit)), args, cursor=lambda one: str(one["message"])
        )


@blueprint.route("/<campaign_id>/report/days")
class CampaignDays(MethodView):
    """Day by day."""

    @scope("read")
    @blueprint.response(200, DaysSchema)
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, campaign_id: str) -> dict[str, Any] | Response:
        """Report on a campaign day by day, in the shop's time zone; `Accept: text/csv` for a file."""
        shop, campaign = services().shops.get(), services().campaigns.get(campaign_id)
        days = services().reporter.days(campaign, shop.currency, ZoneInfo(shop.time_zone))
        plain = [msgspec.structs.asdict(one) for one in days]
        if csv.is_wanted():
            return csv.answer("days", DAYS, [one | {"currency": shop.currency} for one in plain])
        money = ("discounts", "revenue")
        return {"data": [one | {name: Money(one[name], shop.currency) for name in money} for one in plain]}


@blueprint.route("/<campaign_id>/report/weeks")
class CampaignWeeks(MethodView):
    """What they bought after."""

    @scope("read")
    @blueprint.arguments(WeeksArgs, location="query")
    @blueprint.response(200, WeeksSchema)
    def get(self, args: dict[str, Any], campaign_id: str) -> dict[str, Any]:
        """Report what people bought week by week since each was planned, beside what the holdout bought."""
        currency, campaign = services().shops.get().currency, services().campaigns.get(campaign_id)
        weeks = services().reporter.weeks(campaign, currency, args["weeks"])
        return {
            "data": [
                {
                    "week": one.week,
                    "treated": arm(one.treated, currency) | {"orders": one.treated_orders},
                    "holdout": arm(one.holdout, currency) | {"orders": one.holdout_orders},
                    "uplift": uplift(one.uplift, one.method) if one.uplift else None,
                }
                for one in weeks
            ]
        }


def numbers(found: Numbers, currency: str) -> dict[str, Any]:
    """Numbers as the API shows them."""
    moneys = ("revenue", "discounts", "message_cost", "goods_cost", "margin")
    told = {name: getattr(found, name) for name in moneys}
    return {
        **{name: found.counts[name] for name in OF},
        "noes": dict(sorted(found.noes.items())),
        "orders": found.orders,
        "estimated": found.estimated,
        "unpriced": found.unpriced,
        **{name: None if amount is None else Money(amount, currency) for name, amount in told.items()},
    }


def person(one: Told, currency: str) -> dict[str, Any]:
    """One person's message as the API shows it."""
    plain = {name: getattr(one, name) for name in PEOPLE if name in Told.__struct_fields__}
    return plain | {
        "message": one.id,
        "variant": one.arm,
        "state": one.state.value,
        "vouchers_used": len(one.used),
        "orders": len(one.orders),
        "revenue": Money(sum(order.total for order in one.orders), currency),
    }


def arm(arm: Arm, currency: str) -> dict[str, Any]:
    """One arm as the API shows it."""
    return {
        "customers": arm.customers,
        "buyers": arm.buyers,
        "revenue": {"amount": arm.revenue, "currency": currency},
        "revenue_per_customer": round(arm.mean, 2),
    }


def uplift(found: Comparison, method: Method) -> dict[str, Any]:
    """The campaign against its holdout, as the API shows it."""
    money = found.money
    return {
        "per_customer": money.value,
        "low": money.low,
        "high": money.high,
        "p_value": money.p_value,
        "method": method,
        "explained": found.explained,
        "needed": found.needed,
    }

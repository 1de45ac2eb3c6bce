"""What a campaign did: its numbers, who is behind each, day by day, and week by week beside the holdout."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from flask import Response
from flask.views import MethodView

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.paging import paged
from api.schemas.base import Page
from api.schemas.campaign_reports import (
    DaysSchema,
    FreshArgs,
    PeopleArgs,
    PersonSchema,
    ReportSchema,
    WeeksArgs,
    WeeksSchema,
)
from campaigns.experiments.arms import Arm
from campaigns.experiments.result import Comparison, Method
from campaigns.over_time import USUAL_WEEKS, Day, Week
from campaigns.report import Which, Whole
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
    @blueprint.arguments(FreshArgs, location="query")
    @blueprint.response(200, ReportSchema)
    def get(self, args: dict[str, Any], campaign_id: str) -> dict[str, Any]:
        """Report on a campaign: in all, by channel and by variant, and against its holdout.

        One of many messages is counted in the background, and `as_of` says when; `fresh=true` counts it now.
        """
        whole = _whole(campaign_id, args["fresh"])
        report, currency = whole.report, whole.report.currency
        return {
            "as_of": whole.as_of,
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
    @blueprint.arguments(FreshArgs, location="query")
    @blueprint.response(200, DaysSchema)
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any], campaign_id: str) -> dict[str, Any] | Response:
        """Report on a campaign day by day, in the shop's time zone; `Accept: text/csv` for a file."""
        whole = _whole(campaign_id, args["fresh"])
        currency, plain = whole.report.currency, [msgspec.structs.asdict(one) for one in whole.days]
        if csv.is_wanted():
            return csv.answer("days", DAYS, [one | {"currency": currency} for one in plain])
        money = ("discounts", "revenue")
        data = [one | {name: Money(one[name], currency) for name in money} for one in plain]
        return {"as_of": whole.as_of, "data": data}


@blueprint.route("/<campaign_id>/report/weeks")
class CampaignWeeks(MethodView):
    """What they bought after."""

    @scope("read")
    @blueprint.arguments(WeeksArgs, location="query")
    @blueprint.response(200, WeeksSchema)
    def get(self, args: dict[str, Any], campaign_id: str) -> dict[str, Any]:
        """Report what people bought week by week since each was planned, beside what the holdout bought.

        More than eight weeks are counted when they are asked for.
        """
        as_of, currency, weeks = _weeks(campaign_id, args["weeks"], args["fresh"])
        return {
            "as_of": as_of,
            "data": [
                {
                    "week": one.week,
                    "treated": arm(one.treated, currency) | {"orders": one.treated_orders},
                    "holdout": arm(one.holdout, currency) | {"orders": one.holdout_orders},
                    "uplift": uplift(one.uplift, one.method) if one.uplift else None,
                }
                for one in weeks
            ],
        }


def _whole(campaign_id: str, fresh: bool) -> Whole:
    return services().ready.whole(services().campaigns.get(campaign_id), services().shops.get(), fresh=fresh)


def _weeks(campaign_id: str, many: int, fresh: bool) -> tuple[datetime, str, list[Week]]:
    """When they were counted, in which currency, and the weeks."""
    if many <= USUAL_WEEKS:
        whole = _whole(campaign_id, fresh)
        return whole.as_of, whole.report.currency, whole.weeks[:many]
    campaign, currency = services().campaigns.get(campaign_id), services().shops.get().currency
    return services().clock.now(), currency, services().reporter.weeks(campaign, currency, many)


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

"""What the whole shop earned by its messages."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from flask import Response
from flask.views import MethodView

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.context import services
from api.resources.campaign_reports import arm, numbers, uplift
from api.schemas.shop_report import ShopReportArgs, ShopReportSchema
from campaigns.kept_reports import USUAL
from campaigns.shop_report import Period, ShopReport
from campaigns.tallies import Numbers
from common.errors import Invalid
from common.money import Money
from customers.shop import Shop

blueprint = Blueprint("shop_report", __name__, url_prefix="/v1/report", description="What all messages earned.")

LONGEST = timedelta(days=366)
SHOWN = (
    "handed_over", "orders", "revenue", "discounts", "message_cost", "estimated", "unpriced", "goods_cost", "margin",
)  # fmt: skip
COLUMNS = ("campaign", "name", *SHOWN, "currency")


@blueprint.route("")
class ShopReportItem(MethodView):
    """The whole shop."""

    @scope("read")
    @blueprint.arguments(ShopReportArgs, location="query")
    @blueprint.response(200, ShopReportSchema)
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any]) -> dict[str, Any] | Response:
        """Report money by campaign, channel and offer, how often people were written to, and the shop's own holdout.

        Each order is credited to one message at most; `Accept: text/csv` for the campaigns as a file. A shop that
        sends much is counted in the background where no time is asked for, up to `until`; `fresh=true` counts now.
        """
        shop = services().shops.get()
        report = _report(args, shop)
        period, currency = report.period, report.period.currency
        by_campaign = _by_campaign(report)
        if csv.is_wanted():
            return csv.answer("campaigns", COLUMNS, [_flat(one) | {"currency": currency} for one in by_campaign])
        return {
            "since": period.since,
            "until": period.until,
            "orders": report.orders,
            "revenue": Money(report.revenue, currency),
            "credited": _shown(report.credited, currency),
            "by_campaign": by_campaign,
            "by_channel": [
                _shown(one, currency) | {"channel": name} for name, one in sorted(report.by_channel.items())
            ],
            "by_offer": [
                msgspec.structs.asdict(one)
                | {name: Money(getattr(one, name), currency) for name in ("revenue", "discounts")}
                for one in report.by_offer
            ],
            "written_to": [{"messages": n, "customers": people} for n, people in sorted(report.written_to.items())],
            "holdout": _holdout(report, shop.holdout_percent, currency),
        }


def _report(args: dict[str, Any], shop: Shop) -> ShopReport:
    """Of the time that is asked for, or the latest count of the usual one."""
    if "since" not in args and "until" not in args:
        return services().ready.of_shop(shop, fresh=args["fresh"])
    return services().shop_reporter.report(_period(args, shop.currency), shop)


def _period(args: dict[str, Any], currency: str) -> Period:
    until: datetime = args.get("until") or services().clock.now()
    since: datetime = args.get("since") or until - USUAL
    if not since < until:
        raise Invalid.field("since", "Must be before `until`.")
    if until - since > LONGEST:
        raise Invalid.field("since", f"At most {LONGEST.days} days before `until`.")
    return Period(since=since, until=until, currency=currency)


def _by_campaign(report: ShopReport) -> list[dict[str, Any]]:
    rows = sorted(report.by_campaign.items(), key=lambda row: (-row[1].revenue, row[0]))
    return [
        {
            **_shown(one, report.period.currency),
            "campaign": id_,
            "name": report.names.get(id_, ""),
        }
        for id_, one in rows
    ]


def _shown(found: Numbers, currency: str) -> dict[str, Any]:
    told = numbers(found, currency)
    return {name: told[name] for name in SHOWN}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.amount if isinstance(value, Money) else value for name, value in row.items()}


def _holdout(report: ShopReport, percent: float, currency: str) -> dict[str, Any] | None:
    if report.treated is None or report.holdout is None:
        return None
    return {
        "percent": percent,
        "treated": arm(report.treated, currency),
        "holdout": arm(report.holdout, currency),
        "uplift": uplift(report.uplift, "always_valid") if report.uplift else None,
    }

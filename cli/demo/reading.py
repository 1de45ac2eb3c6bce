"""Scene f: what each campaign did, and messages as their receivers saw them."""

from collections.abc import Callable

from cli.demo.client import Json
from cli.demo.world import World

Cell = Callable[[Json], str]

SHOWN = (("win-back", "email"), ("thank-you", "email"), ("invitation", "sms"))


def play(world: World) -> None:
    """Print the reports and three whole messages."""
    reports = {name: world.api.get(f"/v1/campaigns/{made}/report") for name, made in world.campaigns.items()}
    names = list(reports)
    rows = [[label, *(cell(reports[name]) for name in names)] for label, cell in _ROWS]
    world.screen.table("What the campaigns did", ["", *names], rows)
    world.screen.say("An order after two campaigns counts in both columns; the holdout tells what one of them earned.")
    _against_the_holdout(world, reports["win-back"])
    for campaign, channel in SHOWN:
        _show(world, campaign, channel)


def _counts(key: str) -> Cell:
    def cell(report: Json) -> str:
        return "\n".join(f"{name.replace('_', ' ')} {count:,}" for name, count in report[key].items()) or "-"

    return cell


def _redeemed(report: Json) -> str:
    totals = report["redemptions"]
    given = ", ".join(money(amount, currency) for currency, amount in totals["discount"].items())
    return f"{totals['redeemed']:,} ({given} off)" if totals["redeemed"] else "-"


def _revenue(report: Json) -> str:
    revenue = report["treated"]["revenue"]
    return f"{money(revenue['amount'], revenue['currency'])}, {report['treated']['buyers']:,} buyers"


_ROWS: list[tuple[str, Cell]] = [
    ("planned", lambda report: f"{report['planned']:,}"),
    ("held out", lambda report: f"{report['states'].get('held_out', 0):,}"),
    ("sent by channel", _counts("sent")),
    ("delivered", _counts("delivered")),
    ("skipped, and why", _counts("skipped")),
    ("read, clicked, replied", _counts("engagement")),
    ("codes redeemed", _redeemed),
    ("ordered since", _revenue),
]


def _against_the_holdout(world: World, report: Json) -> None:
    treated, holdout, uplift = report["treated"], report["holdout"], report["uplift"]
    if uplift is None:
        world.screen.say("Nobody was held out, so nobody knows what would have happened anyway.")
        return
    currency = treated["revenue"]["currency"]
    interval = ""
    if uplift["low"] is not None:
        interval = f" (95 %: {money(uplift['low'], currency)} to {money(uplift['high'], currency)})"
    world.screen.say(
        f"Win-back against its holdout, a head: {money(treated['revenue_per_customer'], currency)} of "
        f"{treated['customers']:,} written to, {money(holdout['revenue_per_customer'], currency)} of "
        f"{holdout['customers']:,} held out. Earned beyond what would have come anyway: "
        f"{money(uplift['per_customer'], currency)} a head{interval}."
    )


def _show(world: World, campaign: str, channel: str) -> None:
    taken = next((one for one in world.messages(campaign) if one["channel"] == channel), None)
    if taken is None:
        return
    content = world.api.get(f"/v1/messages/{taken['message']}/content")
    parts = content["parts"]
    subject = f"{parts['subject']}\n\n" if "subject" in parts else ""
    world.screen.message(f"{campaign}, by {channel}, to {taken['to']}", subject + parts["text"])


def money(amount: float, currency: str) -> str:
    """An amount in minor units for a table."""
    return f"{amount / 100:,.2f} {currency}"

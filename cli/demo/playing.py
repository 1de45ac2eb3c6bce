"""Scene e: the customers. They receive, read, buy with their codes, bring friends, and say STOP.

What they do is invented, by draws that come out the same each time. Those held out buy as well, only
less often, so that the report has something to tell apart.
"""

import re
from collections.abc import Sequence

import httpx2

from cli.demo import cdnow
from cli.demo.client import ApiError, Json
from cli.demo.dice import pick, share
from cli.demo.world import PATIENCE, World
from common.errors import EncoreError

BOUNCED = 0.02
OPENED = 0.45
CLICKED = 0.12
USES_THE_CODE = 0.22
BUYS_ANYWAY = 0.06
STOPS = 0.06
UNSUBSCRIBES = 0.03
FRIENDS = 12
_CODE = re.compile(r"\b[0-9A-Z]{12}\b")
_LINK = re.compile(r"https?://\S+/r/([0-9A-Za-z-]+)")


def receive(world: World, campaign: str) -> None:
    """The providers' word of a campaign's messages: delivered or bounced, and some opened and clicked."""
    taken = world.messages(campaign)
    emails = [one["message"] for one in taken if one["channel"] == "email"]
    bounced = [one for one in emails if share("bounce", campaign, one) < BOUNCED]
    arrived = [one["message"] for one in taken if one["message"] not in set(bounced)]
    world.provider.receipts("delivered", arrived)
    world.provider.receipts("bounced", bounced)
    opened = [one for one in emails if one not in set(bounced) and share("open", campaign, one) < OPENED]
    world.provider.receipts("opened", opened)
    world.provider.receipts("clicked", [one for one in opened if share("click", campaign, one) < CLICKED / OPENED])
    world.api.until(
        lambda: world.api.get(f"/v1/campaigns/{world.campaigns[campaign]}/report?fresh=true"),
        lambda report: sum(report["delivered"].values()) >= len(arrived),
        PATIENCE,
        "Working off the providers' webhooks",
    )
    world.screen.say(
        f"{campaign}: {len(arrived):,} delivered, {len(bounced)} bounced (hard: never written to again), "
        f"{len(opened):,} opened; signed webhooks, verified."
    )


def buy(world: World) -> None:
    """Some use their win-back code at checkout, once each; a second try is refused by name."""
    used = 0
    for taken in world.messages("win-back"):
        if share("buy", taken["customer"]) < USES_THE_CODE:
            code = _code_in(taken)
            order = _basket(world, f"W{taken['customer']}", taken["customer"])
            redemption = world.api.post(
                f"/v1/vouchers/{code}/redeem", {"customer_id": taken["customer"], "order": order}
            )
            _place(world, order, taken["customer"], redemption["discount"]["amount"], [code])
            used += 1
    world.screen.say(f"win-back: {used} codes redeemed at checkout.")
    _try_twice(world)
    _buy_anyway(world)


def stop(world: World) -> None:
    """Some answer STOP; a mail program's one-click button is pressed as well."""
    texts = [one for one in world.messages("win-back") if one["channel"] == "sms" and share("stop", one["to"]) < STOPS]
    for one in texts:
        world.provider.text(one["to"], "STOP")
    letters = [
        one for one in world.messages("win-back") if one["channel"] == "email" and share("stop", one["to"]) < 0.01
    ]
    for one in letters:
        way_out = one["headers"]["List-Unsubscribe"].strip("<>")
        answer = httpx2.post(way_out, data={"List-Unsubscribe": "One-Click"}, timeout=30)
        answer.raise_for_status()
    world.screen.say(
        f"{len(texts)} answer STOP to a text, {len(letters)} press their mail program's unsubscribe button."
    )


def bring_friends(world: World) -> None:
    """Champions share their links; friends open the page, buy, and get their reward; one tries to refer himself."""
    inviting = [one for one in world.messages("invitation") if _LINK.search(one["text"])]
    inviting = sorted(inviting, key=lambda one: share("friend", one["customer"]))[:FRIENDS]
    for number, one in enumerate(inviting, start=1):
        found = _LINK.search(one["text"])
        if found is None:
            continue
        page = httpx2.get(found[0], headers={"Accept-Language": "de" if number % 3 == 0 else "en"}, timeout=30)
        page.raise_for_status()
        friend = f"friend-{number:02d}"
        order = _basket(world, f"F{number:02d}", friend)
        use = {"friend": {"customer_id": friend, "email": f"{friend}@example.com"}, "order": order}
        world.api.post(f"/v1/referrals/{found[1]}/redeem", use)
        _place(world, order, friend, 0, [])
    world.screen.say(
        f"{len(inviting)} friends opened a link and bought; each has a welcome code, the advocates' are pending."
    )
    _refer_oneself(world, inviting)


def _refer_oneself(world: World, inviting: Sequence[Json]) -> None:
    if not inviting:
        return
    found = _LINK.search(inviting[0]["text"])
    own = inviting[0]["customer"]
    order = _basket(world, "SELF", own)
    code = found[1] if found else ""
    try:
        outcome = world.api.post(f"/v1/referrals/{code}/redeem", {"friend": {"customer_id": own}, "order": order})
        said = f"{outcome['state']} ({', '.join(outcome['reasons'])})"
    except ApiError as error:
        said = str(error.problem.get("detail") or error)
    world.screen.say(f"One refers himself: {said}")


def _try_twice(world: World) -> None:
    taken = next(one for one in world.messages("win-back") if share("buy", one["customer"]) < USES_THE_CODE)
    order = _basket(world, "AGAIN", taken["customer"])
    verdict = world.api.post(
        f"/v1/vouchers/{_code_in(taken)}/validate", {"customer_id": taken["customer"], "order": order}
    )
    world.screen.say(f"The same code once more: {verdict['reason']} ({verdict['detail']})")


def _buy_anyway(world: World) -> None:
    """What would have happened anyway: some of those held out, and of those written to, order without a code."""
    path = f"/v1/campaigns/{world.campaigns['win-back']}/messages"
    orders = 0
    for message in world.api.every(path):
        customer = message["customer"]
        if share("anyway", customer) < BUYS_ANYWAY:
            _place(world, _basket(world, f"A{customer}", customer), customer, 0, [])
            orders += 1
    world.screen.say(f"{orders} people order without any code, among them people who were held out.")


def _code_in(taken: Json) -> str:
    found = _CODE.search(taken["text"])
    if found is None:
        raise EncoreError(f"There is no code in message {taken['message']}.")
    return found[0]


def _basket(world: World, order: str, customer: str) -> Json:
    records = cdnow.catalogue()
    chosen = [pick(records, "basket", customer, place) for place in range(1 + int(share(customer) * 3))]
    return {
        "id": order,
        "total": {"amount": sum(record.price for record in chosen), "currency": cdnow.CURRENCY},
        "lines": [{"product_id": record.id, "quantity": 1, "unit_price": record.price} for record in chosen],
    }


def _place(world: World, order: Json, customer: str, discount: int, vouchers: list[str]) -> None:
    currency = order["total"]["currency"]
    total = order["total"]["amount"] - discount
    lines = [{**line, "unit_price": {"amount": line["unit_price"], "currency": currency}} for line in order["lines"]]
    body = {
        "customer_id": customer,
        "placed_at": world.clock_now().isoformat(),
        "lines": lines,
        "total": {"amount": total, "currency": currency},
        "vouchers": vouchers,
    }
    world.api.put(f"/v1/orders/{order['id']}", body)
    world.revenue += total

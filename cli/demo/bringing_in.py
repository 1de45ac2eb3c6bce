"""Scene a: the shop brings in its customers, orders and stock."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice

from cli.demo import cdnow
from cli.demo.client import Json
from cli.demo.dice import share
from cli.demo.people import Person, customers_csv, people
from cli.demo.world import PATIENCE, World

SHOP: Json = {
    "name": "Harbour Records",
    "url": "https://harbour-records.example/",
    "locale": "en",
    "time_zone": "America/New_York",
    "currency": cdnow.CURRENCY,
    "postal_address": "1 Harbour Lane, Portland, ME 04101",
    "brands": {
        "default": {
            "name": "Harbour Records",
            "email_from": "hello@harbour-records.example",
            "sms_from": "+15005550006",
            "colour": "#1f4e5f",
        }
    },
}
NEWCOMERS = 60
NEWCOMERS_DAYS = 14


def play(world: World) -> None:
    """Set up the shop, import three files, and let newcomers in."""
    world.api.put("/v1/shop", SHOP)
    bought = cdnow.purchases()
    ids = list(dict.fromkeys(purchase.customer for purchase in bought))
    world.screen.say(
        f"CDNOW's customers of 1997, a published sample: {len(ids):,} people who bought CDs {len(bought):,} times.\n"
        "The purchases and their sums are real, moved so that the last is yesterday. The names, addresses,\n"
        "languages, preferred channels and titles are invented (example.com, numbers for fiction)."
    )
    orders = list(cdnow.orders(bought, world.now.date()))
    bring_in(world, "products", cdnow.products_csv())
    newcomers = [f"new-{number:03d}" for number in range(1, NEWCOMERS + 1)]
    everybody = people([*ids, *newcomers])
    bring_in(world, "customers", customers_csv(everybody[: len(ids)]))
    bring_in(world, "orders", cdnow.orders_csv(iter(orders)))
    _let_in(world, everybody[len(ids) :], orders)


def bring_in(world: World, kind: str, csv: str) -> None:
    """Import a file and watch the job to its end."""
    job = world.api.upload(f"/v1/imports/{kind}", csv)
    with world.screen.bar(f"importing {kind}") as bar:

        def read() -> Json:
            now = world.api.get(f"/v1/jobs/{job['id']}")
            bar.at(now["done"], now["total"])
            return now

        ended = world.api.until(
            read, lambda now: now["state"] in ("finished", "failed"), PATIENCE, f"The import of {kind}"
        )
    world.screen.say(f"  {ended['good']:,} rows taken, {ended['bad']:,} refused. {ended['detail']}".rstrip())


def _let_in(world: World, newcomers: Sequence[Person], orders: list[cdnow.DemoOrder]) -> None:
    """All of the sample's customers first bought in one quarter, so nobody is new: let some newcomers in."""
    baskets = islice((order for order in orders if len(order.lines) <= 2), len(newcomers))
    first_orders = [
        cdnow.DemoOrder(
            id=f"N{number:03d}",
            customer=person.id,
            placed_at=world.now - timedelta(days=1 + share("newcomer", person.id) * (NEWCOMERS_DAYS - 2)),
            packed_by=basket.packed_by,
            lines=basket.lines,
        )
        for number, (person, basket) in enumerate(zip(newcomers, baskets, strict=True), start=1)
    ]
    world.screen.say(
        f"All of them first bought within one quarter, long ago; so {len(newcomers)} invented newcomers come in, "
        "with an order each."
    )
    bring_in(world, "customers", customers_csv(newcomers))
    bring_in(world, "orders", cdnow.orders_csv(iter(first_orders)))

"""CDNOW's real purchases as orders of today: dates moved, records and packers invented, every dollar where it was."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources

import msgspec

from cli.demo.dice import pick, share

CURRENCY = "USD"
PACKERS = ("Marta", "Jonas", "Ines", "Tariq", "Lena", "Olu")

_ARTISTS = (
    ("Ida Voss & the Ferrymen", "folk", ("Night Ferry", "The Glass Orchard", "Letters to a Lighthouse", "Low Tide")),
    ("The Paper Comets", "rock", ("Slow Weather", "Static Bloom", "Second Moon", "Exit Singing")),
    ("Marisol Quintero Trio", "jazz", ("After the Rain Check", "Blue Tram", "Quarter to Never", "Smoke & Paprika")),
    ("Hollow Pine", "folk", ("Winter Hours", "A House Made of Maps", "Kindling", "Northbound")),
    ("Delta Marmalade", "blues", ("Sugar on the Rails", "Mud and Molasses", "Porchlight", "Long Way to Lunch")),
    ("Electric Aviary", "electronic", ("Birds of Voltage", "Migration Patterns", "Nest Protocol", "Dawn Chorus 2.0")),
    ("Asa Lindqvist", "classical", ("Nocturnes for Small Rooms", "Snow Studies", "Piano at the Window", "Hymnals")),
    ("Brass Umbrella", "jazz", ("Parade in the Kitchen", "Sunday Best", "Wet Confetti", "Encore Please")),
    ("Kite Season", "pop", ("Everything Is Upstairs", "Postcards", "Honey and Headlights", "Our Tiny Parade")),
    ("Ruben Okafor", "soul", ("Tender and Loud", "Golden Hour Blues", "Rooftop Gospel", "Stay for Coffee")),
)


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the file: its number from 1, the customer of the sample, day, CDs, and cents paid."""

    number: int
    customer: str
    day: date
    quantity: int
    cents: int


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A CD that the shop of the demo sells; `price` in cents. Artist and title (`name`) are invented."""

    id: str
    name: str
    artist: str
    genre: str
    price: int
    stock: int


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order; `unit_price` in cents."""

    product: str
    quantity: int
    unit_price: int


class DemoOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase as the demo's shop would have kept it."""

    id: str
    customer: str
    placed_at: datetime
    packed_by: str
    lines: list[OrderLine]


def purchases() -> list[Purchase]:
    """Every purchase of the sample, in the order of the file."""
    text = resources.files("cli.demo.data").joinpath("CDNOW_sample.txt").read_text(encoding="ascii")
    return [_purchase(number, line) for number, line in enumerate(text.splitlines(), start=1)]


def catalogue() -> list[Record]:
    """The records the shop sells. Two are sold out, so that there is something never to advertise."""
    titles = [(artist, genre, title) for artist, genre, titles in _ARTISTS for title in titles]
    return [
        Record(
            id=f"cd-{number:02d}",
            name=title,
            artist=artist,
            genre=genre,
            price=pick((999, 1199, 1299, 1399, 1499), "price", number),
            stock=0 if number in {7, 23} else 5 + int(share("stock", number) * 120),
        )
        for number, (artist, genre, title) in enumerate(titles, start=1)
    ]


def orders(bought: Sequence[Purchase], today: date, seed: int = 1) -> Iterator[DemoOrder]:
    """The purchases as orders, moved so that the last of them was yesterday; whoever buys twice a day orders twice."""
    moved = today - timedelta(days=1) - max(purchase.day for purchase in bought)
    records = catalogue()
    for purchase in bought:
        yield DemoOrder(
            id=f"E{purchase.number:05d}",
            customer=purchase.customer,
            placed_at=_instant(purchase.day + moved, purchase.number, seed),
            packed_by=pick(PACKERS, seed, "packer", purchase.number),
            lines=_lines(purchase, records, seed),
        )


def orders_csv(orders: Iterator[DemoOrder]) -> str:
    """Orders as the API's import takes them: a row for each line."""
    rows = (
        (order.id, order.customer, order.placed_at.isoformat(), line.product, line.quantity, _dollars(line.unit_price),
         CURRENCY, order.packed_by)
        for order in orders for line in order.lines
    )  # fmt: skip
    columns = "order_id customer_id placed_at product_id quantity unit_price currency packed_by"
    return to_csv(columns.split(), rows)


def products_csv() -> str:
    """The catalogue as the API's import takes it."""
    rows = (
        (one.id, one.name, _dollars(one.price), CURRENCY, one.stock, f"{one.genre};{one.artist}") for one in catalogue()
    )
    return to_csv(["product_id", "name", "price", "currency", "stock", "categories"], rows)


def to_csv(columns: Sequence[str], rows: Iterator[tuple[object, ...]]) -> str:
    """Rows below a header, as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def _purchase(number: int, line: str) -> Purchase:
    _, customer, day, quantity, dollars = line.split()
    return Purchase(
        number=number,
        customer=f"C{customer}",
        day=datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).date(),
        quantity=int(quantity),
        cents=int(dollars.replace(".", "")),
    )


def _instant(day: date, number: int, seed: int) -> datetime:
    """An hour and a minute of that day: the file knows days only."""
    minutes = int((8 + share(seed, "minute", number) * 13) * 60)
    return datetime.combine(day, time(minutes // 60, minutes % 60), UTC)


def _lines(purchase: Purchase, records: Sequence[Record], seed: int) -> list[OrderLine]:
    """Lines whose quantities and prices sum to the purchase's, to the cent.

    The last line is of one CD and takes what division leaves over, so that no cent is lost or made up.
    """
    cds, base = purchase.quantity, purchase.cents // purchase.quantity
    count = min(cds, 1 + int(share(seed, "lines", purchase.number) * 4))
    if count == 1 and cds * base != purchase.cents:
        count = 2
    products = _products(purchase, records, count, seed)
    first = [
        OrderLine(product=product, quantity=quantity, unit_price=_price(base, quantity, purchase, at, seed))
        for at, (product, quantity) in enumerate(zip(products[:-1], _shared_out(cds - 1, count - 1), strict=True))
    ]
    rest = purchase.cents - sum(line.quantity * line.unit_price for line in first)
    last = cds if count == 1 else 1
    return [*first, OrderLine(product=products[-1], quantity=last, unit_price=rest // last)]


def _shared_out(cds: int, lines: int) -> list[int]:
    return [cds // lines + (at < cds % lines) for at in range(lines)]


def _price(base: int, quantity: int, purchase: Purchase, at: int, seed: int) -> int:
    """Around the purchase's average where it is one CD; several of one title cost the average each."""
    spread = share(seed, "price", purchase.number, at) - 0.5
    return base + round(base * 0.3 * spread) if quantity == 1 else base


def _products(purchase: Purchase, records: Sequence[Record], count: int, seed: int) -> list[str]:
    """Different records, above all of the kind of music that this customer likes."""

    def liking(record: Record) -> float:
        bonus = 0.35 if record.genre == favourite else 0.0
        return share(seed, "likes", purchase.customer, purchase.number, record.id) + bonus

    favourite = pick(sorted({record.genre for record in records}), seed, "genre", purchase.customer)
    return [record.id for record in sorted(records, key=liking, reverse=True)[:count]]


def _dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"

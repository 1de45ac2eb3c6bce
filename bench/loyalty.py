"""Codes: redeemed over HTTP by many callers at once, and minted in bulk; beside the writes that this needs at least.

A redemption needs three writes (docs/vouchers.md): its use is taken from the offer's budget, it is kept, and what is
open in the budget is struck. The bare side does just these, with the very documents, as durable, from as many threads
at once, by turns with the API so that both meet the same moments: it reads, checks and answers nothing.
"""

from collections.abc import Callable, Sequence
from functools import partial
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import click
import orjson
from msgspec import Struct

from bench._api import Asking, Caller, crowd, served
from bench._ground import ground, pick_engine
from bench._meter import table
from common.money import Money
from loyalty.offer import Budget, Offer
from loyalty.redemption import Entry, Redemption, RedemptionState
from storage.indexes import declared
from storage.mongo import Document, to_document
from wiring import Services

SIZES = {"engine": 3_000, "embedded": 300}
BULK = {"engine": 100_000, "embedded": 5_000}
ROUNDS = 4
CHUNK = 1_000
TOTAL = Money(10_000, "EUR")


class Sizes(Struct, frozen=True, kw_only=True):
    """How much is done."""

    redemptions: int
    callers: int
    issued: int
    grown: int
    minted: int


class Took(Struct, kw_only=True):
    """Seconds of each call and of all, ours and the bare ones."""

    ours: list[float] = []
    bare: list[float] = []
    ours_in: float = 0.0
    bare_in: float = 0.0


@click.command()
@click.option("--redemptions", type=click.IntRange(20), help="Of a sort; 3,000 on a real engine, else 300.")
@click.option("--callers", default=64, show_default=True, type=click.IntRange(1), help="At once.")
@click.option("--issued", default=10_000, show_default=True, help="Codes there are at first.")
@click.option("--grown", default=200_000, show_default=True, help="Codes there are at last.")
@click.option("--minted", type=click.IntRange(10), help="Codes minted; 100,000 on a real engine, else 5,000.")
@click.option("--processes", default=2, show_default=True, help="Of the API.")
@click.option("--threads", default=8, show_default=True, help="Of each of them.")
def command(
    redemptions: int | None, callers: int, issued: int, grown: int, minted: int | None, processes: int, threads: int
) -> None:
    """Redeem and mint."""
    engine = pick_engine()
    sizes = Sizes(
        redemptions=redemptions or SIZES[engine],
        callers=callers,
        issued=issued,
        grown=grown,
        minted=minted or BULK[engine],
    )
    with ground(rate_limit="100000000 per minute") as services:
        _open(services)
        _mint(services, engine, sizes)
        with served(services, processes, threads) as port:
            _, key = services.keys.create("bench", ["checkout"])
            bench = _Checkout(services, Caller(port, key), sizes)
            bench.redeem("warm", 1)
            bench.fill(sizes.issued)
            few = {sort: _told(engine, sizes, sort, sizes.issued, bench.redeem(sort, ROUNDS)) for sort in bench.SORTS}
            bench.fill(sizes.grown)
            many = {sort: _told(engine, sizes, sort, sizes.grown, bench.redeem(sort, ROUNDS)) for sort in bench.SORTS}
        _together(few, many)


def _open(services: Services) -> None:
    now = services.clock.now()
    budget = Budget(uses=10**9, money=Money(10**12, "EUR"))
    kind: dict[str, Any] = {"kind": "percent", "settings": {"percent": 10}}
    for name in ("warm", "hot", "spread", "minted", "other"):
        offer = Offer(id=name, name="A tenth off", budget=budget, created_at=now, updated_at=now, **kind)
        services.offers.add(offer)
    for index in declared():
        if index.collection in ("vouchers", "redemptions"):
            options = {"unique": True} if index.unique else {}
            services.database[f"bare_{index.collection}"].create_index(index.keys, sparse=True, **options)


class _Checkout:
    """Orders that come with codes: a hot code that all use, or one each."""

    SORTS = ("hot", "spread")

    def __init__(self, services: Services, caller: Caller, sizes: Sizes) -> None:
        self._services = services
        self._caller = caller
        self._sizes = sizes
        self._number = 0
        self._issued = 0
        self._hot = {sort: self._mint(sort, {"all": ""}, False)["all"] for sort in ("warm", "hot")}
        self._bare_offers = services.database["bare_offers"]
        self._bare_redemptions = services.database["bare_redemptions"]
        self._bare_offers.insert_many([to_document(services.offers.get(sort)) for sort in ("warm", *self.SORTS)])

    def _mint(self, offer: str, owners: dict[str, str], single: bool) -> dict[str, str]:
        return self._services.vouchers.mint(offer, owners, single_use=single)

    def fill(self, codes: int) -> None:
        """See that so many codes have been issued."""
        owners = {f"x{number}": f"c{number}" for number in range(self._issued, codes)}
        self._mint("other", owners, True)
        self._issued = max(codes, self._issued)

    def redeem(self, sort: str, rounds: int) -> Took:
        """Redeem, a part of it at a time, and do the bare writes in between."""
        took = Took(ours=[], bare=[])
        part = self._sizes.redemptions // ROUNDS
        before = self._spent(sort)
        for _ in range(rounds):
            numbers = range(self._number, self._number + part)
            self._number += part
            codes = self._codes(sort, numbers)
            askings = [self._asking(codes[number], number) for number in numbers]
            work: list[Callable[[], None]] = [partial(self._caller.post, asking) for asking in askings]
            seconds, whole = crowd(self._sizes.callers, work)
            took.ours += seconds
            took.ours_in += whole
            work = [partial(self._write, *self._documents(sort, codes[number], number)) for number in numbers]
            seconds, whole = crowd(self._sizes.callers, work)
            took.bare += seconds
            took.bare_in += whole
        if self._spent(sort) - before != part * rounds:
            raise click.ClickException("The budget does not count what was redeemed, so the figures mean nothing.")
        return took

    def _spent(self, sort: str) -> int:
        return self._services.offers.get(sort).spent.uses

    def _codes(self, sort: str, numbers: Sequence[int]) -> dict[int, str]:
        if sort in self._hot:
            return dict.fromkeys(numbers, self._hot[sort])
        minted = self._mint(sort, {f"s{number}": f"c{number}" for number in numbers}, True)
        return {number: minted[f"s{number}"] for number in numbers}

    def _asking(self, code: str, number: int) -> Asking:
        order = {"id": f"o{number}", "total": {"amount": TOTAL.amount, "currency": TOTAL.currency}}
        return f"/v1/vouchers/{code}/redeem", orjson.dumps({"customer_id": f"c{number}", "order": order})

    def _documents(self, sort: str, code: str, number: int) -> tuple[str, Document, Document]:
        """What is open meanwhile, and what is kept: of the form and size that ours are."""
        now = self._services.clock.now()
        redemption = Redemption(
            id=f"bare-redemption-number-{number:03}",
            code=code,
            offer=sort,
            customer=f"c{number}",
            order=f"o{number}",
            order_total=TOTAL.amount,
            discount=1_000,
            currency=TOTAL.currency,
            state=RedemptionState.REDEEMED,
            at=now,
            attempt=f"bare-attempt-number-{number:06}",
            holds=[f"code:{code}:1"] if sort == "spread" else None,
        )
        entry = Entry(token=redemption.attempt, at=now, what="take", about=redemption.id, redemption=redemption)
        return sort, to_document(entry), to_document(redemption)

    def _write(self, offer: str, entry: Document, redemption: Document) -> None:
        wanted = {"_id": offer, "version": 1, "open.about": {"$ne": entry["about"]}, "spent.uses": {"$lt": 10**9}}
        taken = {"spent.uses": 1, "spent.money.EUR": redemption["discount"]}
        counted = self._bare_offers.update_one(wanted, {"$inc": taken, "$push": {"open": entry}}).modified_count
        self._bare_redemptions.insert_one(redemption)
        self._bare_offers.update_one({"_id": offer}, {"$pull": {"open": {"token": entry["token"]}}})
        if not counted:
            raise click.ClickException("A bare write did nothing, so the figures mean nothing.")


def _mint(services: Services, engine: str, sizes: Sizes) -> None:
    """Personal codes, beside `insert_many` of the very documents; by turns, in five parts."""
    ours, bare = list[float](), list[float]()
    part = sizes.minted // 5
    vouchers = services.database["vouchers"]
    for turn in range(5):
        owners = {f"customer:{number}": f"c{number}" for number in range(turn * part, (turn + 1) * part)}
        begun = perf_counter()
        minted = services.vouchers.mint("minted", owners)
        ours.append(perf_counter() - begun)
        codes = list(minted.values())
        chunks = [codes[start : start + CHUNK] for start in range(0, part, CHUNK)]
        documents = [list(vouchers.find({"_id": {"$in": chunk}})) for chunk in chunks]
        begun = perf_counter()
        for chunk in documents:
            services.database["bare_vouchers"].insert_many(chunk, ordered=False)
        bare.append(perf_counter() - begun)
    if vouchers.count_documents({}) != part * 5:
        raise click.ClickException("Not all codes were kept, so the figures mean nothing.")
    table(
        f"codes: {part * 5:,} personal ones minted, on {engine}",
        [
            ("seconds", f"{sum(ours):.1f}   (bare insert_many: {sum(bare):.1f})"),
            ("a second", f"{part * 5 / sum(ours):,.0f}   (bare: {part * 5 / sum(bare):,.0f})"),
            ("rate in terms of the bare one", f"{sum(bare) / sum(ours):.2f}"),
            ("the same by the median of five parts", f"{median(bare) / median(ours):.2f}"),
        ],
    )


def _told(engine: str, sizes: Sizes, sort: str, issued: int, took: Took) -> float:
    """Print a table; how many were redeemed a second."""

    def both(percent: int) -> tuple[float, float]:
        return quantiles(took.ours, n=100)[percent - 1] * 1_000, quantiles(took.bare, n=100)[percent - 1] * 1_000

    points = {percent: both(percent) for percent in (50, 95, 99)}
    rate = len(took.ours) / took.ours_in
    title = {"hot": "one hot code", "spread": "a personal code each", "warm": "to begin with"}[sort]
    table(
        f"redeem: {title}, {len(took.ours):,} over HTTP, {sizes.callers} at once, {issued:,} codes issued, on {engine}",
        [
            *((f"p{at}, ms", f"{one:.1f}   (bare writes: {other:.1f})") for at, (one, other) in points.items()),
            ("a second", f"{rate:,.0f}   (bare writes: {len(took.bare) / took.bare_in:,.0f})"),
            *((f"ratio of p{at}", f"{one / other:.1f}") for at, (one, other) in points.items()),
        ],
    )
    return rate


def _together(few: dict[str, float], many: dict[str, float]) -> None:
    table(
        "redeem: what the sorts come to in terms of each other",
        [
            ("hot over spread", f"{many['hot'] / many['spread']:.2f}"),
            ("hot, many codes issued over few", f"{many['hot'] / few['hot']:.2f}"),
            ("spread, many codes issued over few", f"{many['spread'] / few['spread']:.2f}"),
        ],
    )

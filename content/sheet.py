"""The most different customers of a crowd: whoever a template will most likely look wrong for."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from content.wording import direction, language_of
from customers.customer import Customer

Score = Callable[[Customer], float]
# What is read of each customer to see how different they are.
FIELDS = ("first_name", "last_name", "locale", "time_zone", "addresses", "profile", "loyalty")
# So many of the best are held of each extreme, and so many who are unlike each other, whatever the crowd.
HELD, UNLIKE = 4, 500


def worth_comparing(everybody: Iterable[Customer]) -> list[Customer]:
    """The few of any number of people among whom the most different ones are: in one walk, with flat memory."""
    best: dict[str, list[tuple[float, str]]] = {}
    held: dict[str, Customer] = {}
    unlike: dict[tuple[float, ...], Customer] = {}
    for one in everybody:
        scores = [(word, score(one)) for word, score in _EXTREMES.items()]
        if one.locale:
            scores.append((f"speaks_{language_of(one.locale)}", 1.0))
        for word, score in scores:
            if score > 0 and _enters(best.setdefault(word, []), (score, one.id)):
                held[one.id] = one
        if len(unlike) < UNLIKE:
            unlike.setdefault(tuple(round(trait, 1) for trait in _traits(one)), one)
    kept = {id_ for ranked in best.values() for _, id_ in ranked}
    people = {one.id: one for one in unlike.values()} | {id_: held[id_] for id_ in kept}
    return [people[id_] for id_ in sorted(people)]


def _enters(ranked: list[tuple[float, str]], entry: tuple[float, str]) -> bool:
    """Put an entry among the best, the best last, if it is one of them."""
    if len(ranked) == HELD and entry[0] <= ranked[0][0]:
        return False
    ranked.append(entry)
    ranked.sort()
    del ranked[:-HELD]
    return True


def most_different(crowd: Sequence[Customer], count: int) -> list[tuple[Customer, str]]:
    """At most `count` of a crowd, each with the word for what sets them apart; the same crowd gives the same ones.

    First whoever is extreme in something, then, one by one, whoever is least like all that were chosen.
    """
    chosen: dict[str, tuple[Customer, str]] = {}
    languages = sorted({language_of(one.locale) for one in crowd if one.locale})
    extremes = {**_EXTREMES, **{f"speaks_{language}": _speaks(language) for language in languages}}
    for word, score in extremes.items():
        left = [one for one in crowd if one.id not in chosen]
        best = max(left, key=lambda one: (score(one), one.id), default=None)
        if best is not None and score(best) > 0 and len(chosen) < count:
            chosen[best.id] = (best, word)
    traits = {one.id: _traits(one) for one in crowd}
    nearest = {one.id: _nearest(traits, one.id, chosen) for one in crowd if one.id not in chosen}
    by_id = {one.id: one for one in crowd}
    while len(chosen) < count and nearest:
        farthest = max(nearest, key=lambda one: (nearest[one], one))
        chosen[farthest] = (by_id[farthest], "unlike_the_others")
        del nearest[farthest]
        nearest = {one: min(known, _distance(traits[one], traits[farthest])) for one, known in nearest.items()}
    return list(chosen.values())


def _name(one: Customer) -> str:
    return f"{one.first_name} {one.last_name}".strip()


def _right_to_left(one: Customer) -> float:
    letters = any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in _name(one))
    return float(letters) + float(direction(one.locale) == "rtl")


def _foreign(one: Customer) -> float:
    """Letters of a name beyond Europe's alphabets, and pictures in it."""
    return float(sum(ord(letter) > 0x24F for letter in _name(one)))


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def _speaks(language: str) -> Score:
    return lambda one: float(language_of(one.locale) == language)


_EXTREMES: dict[str, Score] = {
    "longest_name": lambda one: float(len(_name(one))),
    "no_name": lambda one: float(not one.first_name),
    "right_to_left": _right_to_left,
    "signs_in_name": lambda one: float(sum(letter in "<>&\"'{}%" for letter in _name(one))),
    "other_letters": _foreign,
    "no_orders": lambda one: float(one.profile.orders == 0),
    "most_orders": lambda one: float(one.profile.orders),
    "one_order": lambda one: float(one.profile.orders == 1),
    "spent_most": lambda one: float(max(one.profile.spend.values(), default=0)),
    "longest_away": lambda one: 1e11 - _seconds(one.profile.last_at) if one.profile.last_at else 0.0,
    "something_went_wrong": lambda one: float(one.profile.open_incidents + one.profile.incidents / 100),
    "most_points": lambda one: float(one.loyalty.get("points", 0)),
    "shortest_name": lambda one: 1 / len(_name(one)) if _name(one) else 0.0,
    "no_language": lambda one: float(not one.locale),
    "several_currencies": lambda one: float(len(one.profile.spend) - 1),
    "no_last_name": lambda one: float(bool(one.first_name and not one.last_name)),
    "most_products": lambda one: float(len(one.profile.products)),
}


def _traits(one: Customer) -> tuple[float, ...]:
    """What makes people alike, each from 0 to about 1."""
    orders, name = one.profile.orders, _name(one)
    return (
        min(len(name), 40) / 40,
        float(bool(one.first_name)),
        float(_foreign(one) > 0),
        min(orders, 10) / 10,
        float(orders > 0),
        min(max(one.profile.spend.values(), default=0), 100_000) / 100_000,
        float(one.profile.incidents > 0),
        float(one.loyalty.get("points", 0) > 0),
        len(one.addresses) / 4,
        float(bool(one.time_zone)),
        (sum(map(ord, language_of(one.locale))) % 17) / 17,
        min(len(one.profile.categories), 5) / 5,
    )


def _distance(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _nearest(traits: dict[str, tuple[float, ...]], who: str, chosen: dict[str, tuple[Customer, str]]) -> float:
    return min((_distance(traits[who], traits[one]) for one in chosen), default=0.0)

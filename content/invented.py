"""What is made up so that words can be seen as somebody who has no event behind them would get them, and said so."""

from collections.abc import Mapping
from typing import Any

from content.errors import MissingValue
from content.form import Compiled
from content.vocabulary import sample

# What comes of an event (an order's news, a cart left, a product back), and what an offer or a programme gives: no
# customer has these of their own before it happens.
BORN_OF_EVENTS = frozenset({"order", "cart", "wanted", "due", "unused", "incident", "opt_in", "survey"})
GIVEN = frozenset({"offer", "voucher", "referral"})


def render_invented(compiled: Compiled, values: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """The parts for a customer's values, and the names among the words that had to be made up.

    A group of which nothing is known is made up whole; of one that is known, only what the words cannot do without,
    so that an `if` on it shows what is true. Raises MissingValue where the customer's own values lack something, and
    what `Compiled.render` raises.
    """
    samples = sample(compiled.locale)
    whole = {group: samples[group] for group in BORN_OF_EVENTS | GIVEN if not values.get(group)}
    invented = {name for name in compiled.names if name.partition(".")[0] in whole}
    filled = {**values, **whole}
    while True:
        try:
            return compiled.render(filled), sorted(invented)
        except MissingValue as error:
            group, _, field = error.name.partition(".")
            if group not in BORN_OF_EVENTS or field not in samples[group] or error.name in invented:
                raise
            invented.add(error.name)
            filled[group] = {**filled[group], field: samples[group][field]}

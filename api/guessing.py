"""Whoever asks for codes that do not exist is slowed down, and seen in the figures at /metrics."""

from collections.abc import Iterator
from contextlib import contextmanager

from api.context import caller, services
from api.requests import count_missed_code
from common.errors import NotFound


@contextmanager
def guarded(customer: str = "", kind: str = "voucher") -> Iterator[None]:
    """Look for a code on behalf of a customer; raises Slowed for a guesser, who is counted where there is none."""
    guessing, key = services().guessing, caller().id
    guessing.check(key, customer)
    try:
        yield
    except NotFound as error:
        if error.kind == kind:
            count_missed_code(error.reason, slowed=guessing.missed(key, customer))
        raise

"""Whoever asks for codes that do not exist is slowed down, and seen in the figures at /metrics."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from api.context import caller, services
from api.requests import count_missed_code
from common.errors import NotFound
from loyalty.checkout import NotAll
from loyalty.codes import REASONS
from loyalty.vouchers import Verdict


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
    except NotAll as error:
        count_missing(error.codes, customer)
        raise


def count_missing(verdicts: Sequence[Verdict], customer: str) -> None:
    """Count each of several codes that does not exist."""
    for one in verdicts:
        if one.reason in REASONS:
            count_missed_code(one.reason, slowed=services().guessing.missed(caller().id, customer))

"""What names an erased customer in passing is found however it is spelt, and nobody else's is."""

import pytest

from storage.mentions import naming
from storage.personal import Erased
from tests.support.clock import START

ERASED = Erased(
    customer="c-12",
    nobody="erased-x",
    addresses={"email": ["ana.costa@example.com"], "sms": ["+351912345678"]},
    at=START,
)


@pytest.mark.parametrize(
    "text",
    [
        "c-12",
        "The order of c-12 is wrong",
        "Ana.Costa@Example.com",
        "912 345 678",
        "(351) 912-345-678",
        "+351912345678",
    ],
)
def test_they_are_found(text: str) -> None:
    assert naming(ERASED).search(text)


@pytest.mark.parametrize("text", ["c-123", "abc-12", "ana@example.com", "912 345 679", "12", "1912 34567"])
def test_others_are_not(text: str) -> None:
    assert not naming(ERASED).search(text)

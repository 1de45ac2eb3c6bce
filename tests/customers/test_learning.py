"""The rule by which a preferred channel is learned, from its plain cases to its edges."""

from datetime import timedelta

import pytest

from customers.learning import Answers, Evidence, Letter, answers, order_of
from tests.support.clock import START


def letter(id: str, channel: str, day: int) -> Letter:
    return Letter(id=id, channel=channel, at=START + timedelta(days=day))


def test_each_message_counts_by_its_best_and_replies_and_orders_go_to_the_latest_message_before() -> None:
    letters = [letter("e1", "email", 0), letter("e2", "email", 10), letter("s1", "sms", 11), letter("s2", "sms", 30)]
    found = answers(
        Evidence(
            letters=letters,
            done=[("e1", "opened"), ("e1", "opened"), ("e2", "opened"), ("e2", "clicked"), ("x", "clicked")],
            replies=[("sms", START + timedelta(days=12)), ("email", START - timedelta(days=1))],
            orders=[START + timedelta(days=13), START + timedelta(days=20)],
        )
    )
    assert found["email"] == Answers(sent=2, opened=2, clicked=1, answered=1, points=3)
    assert found["sms"] == Answers(sent=2, replied=1, ordered=1, answered=1, points=3)


def test_an_order_counts_for_a_message_within_three_days_and_not_after() -> None:
    for hours, ordered in ((0, 1), (72, 1), (72.1, 0), (-0.1, 0)):
        order = START + timedelta(hours=hours)
        assert answers(Evidence(letters=[letter("e", "email", 0)], orders=[order]))["email"].ordered == ordered


@pytest.mark.parametrize(
    ("email", "sms", "order"),
    [
        (Answers(sent=9, answered=0, points=0), Answers(sent=3, answered=2, points=6), ["sms", "email"]),
        (Answers(sent=9, answered=0, points=0), Answers(sent=2, answered=2, points=6), []),  # too few messages
        (Answers(sent=9, answered=0, points=0), Answers(sent=3, answered=1, points=3), []),  # too few answers
        (Answers(sent=4, answered=2, points=6), Answers(sent=4, answered=2, points=6), []),  # no clear best
        (Answers(sent=4, answered=3, points=9), Answers(sent=4, answered=2, points=6), ["email", "sms"]),
        (Answers(sent=4, answered=3, points=8), Answers(sent=4, answered=2, points=6), []),
        (Answers(sent=9, answered=0, points=9), Answers(sent=9, answered=0, points=0), []),  # opens alone
        (Answers(sent=9, answered=0, points=0), Answers(sent=9, answered=0, points=0), []),
    ],
)
def test_an_order_is_learned_only_from_clear_evidence(email: Answers, sms: Answers, order: list[str]) -> None:
    assert order_of({"email": email, "sms": sms}) == order


def test_one_channel_alone_teaches_nothing() -> None:
    assert order_of({"email": Answers(sent=9, answered=9, points=27)}) == []
    assert order_of({}) == []

"""A link gives a chat to one customer, once; nobody makes up a token; who left and who came back, in any order."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.consent import Consent
from messaging.channel import Receipt, Reply
from messaging.finding import PATIENCE, Finder
from messaging.linking import ChatLink, Linking
from messaging.message import Message, Route, State
from tests.support.clock import ManualClock
from wiring import Services

CHAT, OTHER = "700000001", "700000002"


class Kept:
    """Links in memory."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def add(self, link: ChatLink) -> None:
        self.link = link

    def get(self, id: str) -> ChatLink | None:
        self.asked.append(id)
        return None

    def use(self, id: str, by: str, at: Any) -> bool:
        return True


def reply(clock: ManualClock, text: str = "", address: str = CHAT, **more: Any) -> Reply:
    clock.advance(1)
    return Reply(key=f"{address} {text}", address=address, to="", text=text, at=clock.now(), **more)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz234567", min_size=42, max_size=42) | st.text(max_size=60))
def test_a_token_that_we_did_not_make_is_not_even_looked_up(token: str) -> None:
    kept, clock = Kept(), ManualClock()
    linking = Linking(kept, None, None, None, ["key"], clock)  # type: ignore[arg-type]  # never asked
    _, real = linking.make("ana", "telegram")
    assert linking.take("telegram", reply(clock, token, link=token)) is None
    assert linking.take("telegram", reply(clock, real[:-2] + ("aa" if real[-2:] != "aa" else "bb"))) is None
    assert set(kept.asked) <= {""}
    assert linking.without_token(f"Hi {real}!") == "Hi …!"


@pytest.fixture
def ana(services: Services) -> Services:
    services.customers.change("ana", {"first_name": "Ana"}, create=True)
    return services


def test_a_link_is_good_once_on_its_channel_while_it_lasts(ana: Services, clock: ManualClock) -> None:
    linking = ana.linking
    link, token = linking.make("ana", "telegram")
    assert linking.take("viber", reply(clock, link=token)) is None
    taken = [linking.take("telegram", reply(clock, link=token)) for _ in range(2)]
    assert [one.addresses if one else None for one in taken] == [{"telegram": [CHAT]}] * 2
    assert linking.take("telegram", reply(clock, address=OTHER, link=token)) is None
    _, late = linking.make("ana", "telegram")
    clock.advance(30 * 86_400)
    assert linking.take("telegram", reply(clock, address=OTHER, link=late)) is None
    assert ana.customers.get(["ana"])["ana"].consents == {}
    assert link.wording == ""


def test_an_erased_customer_s_link_leads_nowhere_and_a_merged_one_s_to_whom_they_became(
    ana: Services, clock: ManualClock
) -> None:
    _, first = ana.linking.make("ana", "telegram")
    ana.customers.change("eva", {"first_name": "Eva"}, create=True)
    ana.merger.merge("eva", "ana")
    taken = ana.linking.take("telegram", reply(clock, link=first))
    assert taken is not None
    assert taken.id == "eva"
    _, second = ana.linking.make("eva", "telegram")
    ana.eraser.erase("eva")
    assert ana.linking.take("telegram", reply(clock, address=OTHER, link=second)) is None


def test_a_yes_by_a_link_takes_an_earlier_stop_back_and_not_a_later_one(ana: Services, clock: ManualClock) -> None:
    early, late = reply(clock, "hello"), reply(clock, "STOP")
    _, token = ana.linking.make("ana", "telegram", "Yes, news")
    ana.conversation.hear("telegram", [late])
    old = Reply(key="old", address=CHAT, to="", text=token, at=early.at)
    ana.conversation.hear("telegram", [old])
    assert ana.suppressions.among("telegram", [CHAT], "marketing") == {CHAT: "stop"}
    ana.conversation.hear("telegram", [reply(clock, token)])
    assert ana.suppressions.among("telegram", [CHAT], "marketing") == {}
    word = ana.customers.get(["ana"])["ana"].consents["telegram"]["marketing"]
    assert isinstance(word, Consent)
    assert (word.state, word.how, word.wording) == ("granted", "chat link", "Yes, news")


def test_a_block_and_its_end_are_told_apart_in_whatever_order_they_come(ana: Services, clock: ManualClock) -> None:
    comings, now = ana.comings, clock.now()
    minute = timedelta(minutes=1)

    def blocked() -> bool:
        return ana.suppressions.among("telegram", [CHAT], "transactional") == {CHAT: "blocked"}

    comings.went("telegram", CHAT, now)
    comings.came("telegram", CHAT, now - minute)  # came in late
    assert blocked()
    comings.came("telegram", CHAT, now + minute)
    assert not blocked()
    comings.went("telegram", CHAT, now)  # again
    assert not blocked()
    comings.went("telegram", CHAT, now + 2 * minute)
    comings.wrote("telegram", CHAT, now + 3 * minute)
    assert not blocked()
    assert ana.heard.last("telegram", [CHAT, OTHER]) == {CHAT: now + 3 * minute}
    assert ana.heard.there("telegram", [OTHER]) == {}


class Shelf:
    """What was sent, and to whom."""

    def __init__(self, *sent: Message) -> None:
        self._sent = sent

    def find(self, after: str, limit: int, address: str | None = None, channel: str = "") -> list[Message]:
        return list(self._sent[:1]) if address == CHAT else []

    def sent(self, customers: Any, channel: str, since: Any, limit: int) -> list[Message]:
        return [one for one in self._sent if one.handed_at and one.handed_at >= since]


def sent(clock: ManualClock, number: int, state: State = State.ACCEPTED) -> Message:
    now = clock.now()
    return Message(
        id=f"m{number}",
        run="r",
        campaign="",
        customer="ana",
        state=state,
        channel="viber",
        provider_id=f"p{number}",
        routes=[Route("viber", CHAT)],
        handed_at=now - timedelta(minutes=number),
        not_before=now,
        expires_at=now,
    )


def told(clock: ManualClock, **facts: Any) -> Receipt:
    plain = {"key": "k", "type": "opened", "at": clock.now(), "address": CHAT}
    return Receipt(**{**plain, **facts})


def test_a_receipt_finds_its_message_by_its_receiver(clock: ManualClock) -> None:
    now = clock.now()
    shelf = Shelf(sent(clock, 1), sent(clock, 2), sent(clock, 3, State.FAILED))
    finder = Finder(shelf, shelf)  # type: ignore[arg-type]  # as far as it asks
    found, waits = finder.find("viber", [told(clock, provider_id="p2")])
    assert ([one.message for one in found], waits) == (["m2"], False)
    found, _ = finder.find("viber", [told(clock, up_to=now)])
    assert [one.message for one in found] == ["m1", "m2"], "what failed was not read"
    assert len({one.key for one in found}) == 2
    found, _ = finder.find("viber", [told(clock, up_to=now, type="clicked")])
    assert [one.message for one in found] == ["m1"], "a tap is of the latest"
    found, _ = finder.find("viber", [told(clock, up_to=now - timedelta(seconds=90))])
    assert [one.message for one in found] == ["m2"]


def test_a_receipt_that_may_be_early_waits_and_one_of_a_stranger_does_not(clock: ManualClock) -> None:
    shelf = Shelf(sent(clock, 1))
    finder = Finder(shelf, shelf)  # type: ignore[arg-type]  # as far as it asks
    early = told(clock, provider_id="p9")
    assert finder.find("viber", [early]) == ([early], True)
    stranger = told(clock, provider_id="p9", address=OTHER)
    assert finder.find("viber", [stranger]) == ([stranger], False)
    block = told(clock, type="blocked", provider_id="p9")
    assert finder.find("viber", [block]) == ([block], False)
    assert timedelta(seconds=60) <= PATIENCE

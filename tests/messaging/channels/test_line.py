"""LINE: what only it does."""

from collections.abc import Iterator

import msgspec
import pytest

from common.settings import Settings
from messaging.channel import Accepted, NotTaken, Outbox, Rejected, Uncertain
from messaging.channels.line import Line, messages
from tests.support.clock import ManualClock
from tests.support.letters import parcel_of
from tests.support.sandbox import ProviderSandbox

NO_OUTBOX: Outbox = None  # type: ignore[assignment]  # it has credentials
AT = ManualClock().now()
PICTURE = "https://shop.example/cake.jpg"
ANA = "U" + "a" * 32


@pytest.fixture
def provider(provider_sandbox: ProviderSandbox, clock: ManualClock) -> Iterator[Line]:
    line = Line(provider_sandbox.settings(Settings(http_timeout=0.5)), NO_OUTBOX, clock)
    yield line
    line.close()


def test_a_letter_whose_answer_was_lost_is_handed_over_again_and_arrives_once(
    provider: Line, provider_sandbox: ProviderSandbox
) -> None:
    assert provider.promise() == "idempotent"
    provider_sandbox.misbehave({"accept_then_hang": True, "count": 1})
    sent = parcel_of("line")
    assert isinstance(provider.hand_over(sent)["m0"], Uncertain)
    outcomes = [provider.hand_over(sent)["m0"] for _ in range(2)]
    (taken,) = provider_sandbox.accepted()
    assert outcomes == [Accepted(taken["id"])] * 2
    other = provider.hand_over(msgspec.structs.replace(sent, token="t2"))["m0"]
    assert isinstance(other, Accepted), "another attempt is another letter"
    assert len(provider_sandbox.accepted()) == 2


def test_what_a_letter_holds_decides_the_messages() -> None:
    link, answer = {"button_1": "Shop", "button_1_url": "https://a.b"}, {"button_2": "Yes please, I would love some"}
    assert messages({"text": "Hello"}) == [{"type": "text", "text": "Hello"}]
    assert [one["type"] for one in messages({"text": "Hello", "media": PICTURE})] == ["image", "text"]
    (card,) = messages({"text": "Hello", "media": PICTURE, **link, **answer})
    assert (card["type"], card["template"]["thumbnailImageUrl"]) == ("template", PICTURE)
    shop, yes = card["template"]["actions"]
    assert shop == {"type": "uri", "label": "Shop", "uri": "https://a.b"}
    assert (yes["type"], yes["text"], len(yes["label"])) == ("message", answer["button_2"], 20)
    image, text = messages({"text": "x" * 61, "media": PICTURE, **link})
    assert (image["type"], len(text["quickReply"]["items"])) == ("image", 1)


@pytest.mark.parametrize(
    ("status", "words", "type_", "reason"),
    [
        (400, "The property, 'to', in the request body is invalid", Rejected, "invalid_address"),
        (400, "A message (messages[0]) in the request body is invalid", Rejected, "refused"),
        (413, "Request entity too large", Rejected, "refused"),
        (409, "Conflict", NotTaken, "wrong_url"),
        (429, "You have reached your monthly limit.", NotTaken, "out_of_quota"),
        (429, "The API rate limit has been exceeded.", NotTaken, "rate_limited"),
        (404, "Not found", NotTaken, "wrong_url"),
    ],
)
def test_line_s_words_in_ours(
    provider: Line, provider_sandbox: ProviderSandbox, status: int, words: str, type_: type, reason: str
) -> None:
    provider_sandbox.misbehave({"status": status, "words": words})
    outcome = provider.hand_over(parcel_of("line"))["m0"]
    assert isinstance(outcome, type_)
    assert isinstance(outcome, Rejected | NotTaken)
    assert outcome.reason == reason


def test_who_stops_following_is_told_and_who_comes_back(provider: Line, provider_sandbox: ProviderSandbox) -> None:
    provider.hand_over(parcel_of("line"))
    name = provider_sandbox.accepted()[0]["message"]
    hooks = provider_sandbox.hooks(AT, [{"message": name, "event": word} for word in ("unfollow", "follow", "message")])
    receipts = [(one.type, one.address) for hook in hooks for one in provider.receipts(hook)]
    assert receipts == [("blocked", "U" + "0" * 32), ("unblocked", "U" + "0" * 32)]


def test_an_answer_goes_with_the_reply_token_which_costs_nothing(
    provider: Line, provider_sandbox: ProviderSandbox
) -> None:
    (hook,) = provider_sandbox.hooks(AT, replies=[{"channel": "line", "from": ANA, "text": "help"}])
    (reply,) = provider.replies(hook)
    provider.say(reply, "This is us.")
    (open_,) = [line for line in provider_sandbox.lines() if line["type"] == "open"]
    assert open_["path"] == "/v2/bot/message/reply"
    assert reply.token in open_["body"]
    provider.say(msgspec.structs.replace(reply, token=""), "Nobody to tell.")
    assert len(provider_sandbox.accepted()) == 1


def test_an_account_that_was_linked_brings_the_token(provider: Line, provider_sandbox: ProviderSandbox) -> None:
    (hook,) = provider_sandbox.hooks(AT, replies=[{"channel": "line", "from": ANA, "text": "", "nonce": "abc"}])
    (reply,) = provider.replies(hook)
    assert (reply.link, reply.address) == ("abc", ANA)
    failed = msgspec.structs.replace(hook, body=hook.body.replace(b'"ok"', b'"failed"'))
    assert provider.replies(failed) == []

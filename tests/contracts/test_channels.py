"""What every provider of a channel must keep, whoever adds the next; each against the sandbox process."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

import messaging.channels
from common.errors import Forged, Invalid
from common.kinds import scan
from common.settings import Settings
from messaging.channel import Accepted, Hook, NotTaken, Provider, Providers, Receipt, Rejected, Uncertain
from storage.outbox import MongoOutbox
from tests.support.clock import ManualClock
from tests.support.letters import letter, parcel, parcel_of
from tests.support.mail import certificate
from tests.support.sandbox import ProviderSandbox
from wiring import Services

KINDS = scan(messaging.channels, Provider)  # type: ignore[type-abstract]
# These do not speak HTTP to a provider; tests/messaging/channels has each one's own refusals, time-outs and forgeries.
APART = {"smtp", "inbox"}
NAMES = [name for name, kind in KINDS.items() if kind.channel and name not in APART]


# What a provider says first of a letter, in its word and in ours; most say that it was delivered.
FIRST_WORDS = {
    "telegram": ("blocked", "blocked"),
    "instagram": ("read", "opened"),
    "line": ("unfollow", "blocked"),
}
# These sign no body: a secret stands in a header.
UNSIGNED = {"telegram"}


class _AllHeard:
    """Everybody wrote to the shop just now."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    def last(self, channel: str, addresses: Sequence[str]) -> dict[str, datetime]:
        return dict.fromkeys(addresses, self._clock.now())


class _NoOutbox:
    """These providers have credentials; none of them may touch the outbox."""


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


Make = Callable[[Settings], Provider]


class Liar:
    """A server that vouches for itself; what anybody said to it after that."""

    def __init__(self, directory: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate(directory, "localhost"))
        self._listening = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        self.url = f"https://localhost:{self._listening.getsockname()[1]}"
        self.heard = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._listening.close()

    def _serve(self) -> None:
        while self._listening.fileno() >= 0:
            with suppress(OSError):  # whoever does not believe it leaves
                caller, _ = self._listening.accept()
                with caller:
                    self.heard += caller.recv(1_000)


@pytest.fixture(scope="module")
def liar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Liar]:
    liar = Liar(tmp_path_factory.mktemp("liar"))
    yield liar
    liar.close()


@pytest.fixture
def sandboxed(provider_sandbox: ProviderSandbox) -> Settings:
    base = Settings(public_url="http://shop.test", http_timeout=0.5)
    return provider_sandbox.settings(base)


@pytest.fixture
def make(name: str, clock: ManualClock) -> Iterator[Make]:
    with ExitStack() as stack:

        def made(settings: Settings) -> Provider:
            provider = KINDS[name](settings, _NoOutbox(), clock)  # type: ignore[arg-type]
            provider.heard = _AllHeard(clock)
            stack.callback(provider.close)
            return provider

        yield made


@pytest.fixture
def provider(make: Make, sandboxed: Settings) -> Provider:
    return make(sandboxed)


@pytest.fixture
def closed_port() -> Iterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: nobody else gets it, and it refuses
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def one(provider: Provider) -> object:
    return provider.hand_over(parcel_of(provider.channel))["m0"]


def test_what_is_accepted_arrives_as_it_was_written_with_our_ids(
    provider: Provider, provider_sandbox: ProviderSandbox
) -> None:
    sent = parcel_of(provider.channel, 3)
    outcomes = provider.hand_over(sent)
    assert all(isinstance(outcome, Accepted) and outcome.provider_id for outcome in outcomes.values())
    arrived = {one["address"]: one for one in provider_sandbox.accepted()}
    assert set(arrived) == {one.address for one in sent.letters}
    for one in sent.letters:
        seen = arrived[one.address]
        outcome = outcomes[one.message]
        # Either our ids went along, or the provider's own finds the letter again.
        ours = (seen["message"], seen["token"]) == (one.message, "t1")
        assert ours or (isinstance(outcome, Accepted) and outcome.provider_id == seen["id"])
        assert {part: seen[part] for part in one.rendered.parts} == one.rendered.parts


def test_wrong_credentials_stop_everything_and_are_certainly_not_taken(
    make: Make, sandboxed: Settings, provider_sandbox: ProviderSandbox
) -> None:
    wrong = {
        variable: "wrong" if variable.endswith(("KEY", "TOKEN", "SECRET", "PASSWORD")) else value
        for variable, value in sandboxed.environment.items()
    }
    provider = make(msgspec.structs.replace(sandboxed, environment=wrong))
    outcome = one(provider)
    assert isinstance(outcome, NotTaken)
    assert outcome.stop
    assert provider_sandbox.accepted() == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_of_the_account_opens_the_breaker(
    provider: Provider, provider_sandbox: ProviderSandbox, status: int
) -> None:
    provider_sandbox.misbehave({"status": status})
    outcome = one(provider)
    assert isinstance(outcome, NotTaken)
    assert outcome.stop


def test_too_many_requests_is_not_taken_and_says_how_long_to_wait(
    provider: Provider, provider_sandbox: ProviderSandbox
) -> None:
    """In seconds, with a fraction, or by a date (the clock stands at 10 o'clock); and for a day at most."""
    date, a_day = "Mon, 02 Mar 2026 10:30:00 GMT", 86_400
    told = {
        17: 17,
        30.5: 30.5,
        date: 1_800,
        "9999999999": a_day,
        "9" * 400: a_day,
        "Fri, 31 Dec 9999 23:59:59 GMT": a_day,
    }
    for said, wait in told.items():
        provider_sandbox.misbehave({"status": 429, "retry_after": said})
        outcome = one(provider)
        assert isinstance(outcome, NotTaken)
        assert (outcome.retry_after, outcome.retry_at, outcome.stop) == (wait, None, False)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_leaves_it_uncertain(provider: Provider, provider_sandbox: ProviderSandbox, status: int) -> None:
    provider_sandbox.misbehave({"status": status})
    assert isinstance(one(provider), Uncertain)


@pytest.mark.parametrize("fault", ["hang", "accept_then_hang", "reset_after", "garbage"])
def test_an_answer_that_is_lost_or_makes_no_sense_leaves_it_uncertain(
    provider: Provider, provider_sandbox: ProviderSandbox, fault: str
) -> None:
    provider_sandbox.misbehave({fault: True})
    assert isinstance(one(provider), Uncertain)
    taken = fault in ("accept_then_hang", "reset_after")
    assert len(provider_sandbox.accepted()) == (1 if taken else 0)


def test_a_redirect_is_not_followed_and_not_taken(provider: Provider, provider_sandbox: ProviderSandbox) -> None:
    for status in (301, 302, 303, 307, 308):
        provider_sandbox.misbehave({"status": status})
        assert isinstance(one(provider), NotTaken)
    assert provider_sandbox.accepted() == []


def test_a_provider_that_refuses_connections_has_certainly_not_taken_it(
    make: Make, sandboxed: Settings, closed_port: str
) -> None:
    away = {
        variable: closed_port if variable.endswith("_URL") else value
        for variable, value in sandboxed.environment.items()
    }
    outcome = one(make(msgspec.structs.replace(sandboxed, environment=away)))
    assert isinstance(outcome, NotTaken)
    assert not outcome.stop


def test_a_certificate_that_nobody_vouches_for_takes_nothing(make: Make, sandboxed: Settings, liar: Liar) -> None:
    led = {
        variable: liar.url if variable.endswith("_URL") else value for variable, value in sandboxed.environment.items()
    }
    outcome = one(make(msgspec.structs.replace(sandboxed, environment=led)))
    assert isinstance(outcome, NotTaken)
    assert not outcome.stop
    assert liar.heard == b""


@pytest.mark.parametrize("url", ["nonsense", "ftp://a.example", "http://", "http://a.example/\n"])
def test_a_base_url_that_is_none_is_named_at_the_start(make: Make, sandboxed: Settings, url: str) -> None:
    wrong = {variable: url if variable.endswith("_URL") else value for variable, value in sandboxed.environment.items()}
    with pytest.raises(Invalid) as refusal:
        make(msgspec.structs.replace(sandboxed, environment=wrong))
    assert [variable for variable in refusal.value.fields if variable.endswith("_URL")]


def test_a_provider_whose_name_does_not_resolve_has_certainly_not_taken_it(make: Make, sandboxed: Settings) -> None:
    nowhere = {
        variable: "http://nowhere.invalid" if variable.endswith("_URL") else value
        for variable, value in sandboxed.environment.items()
    }
    assert isinstance(one(make(msgspec.structs.replace(sandboxed, environment=nowhere))), NotTaken)


def test_a_bad_address_is_rejected_and_the_others_are_not_harmed(
    provider: Provider, provider_sandbox: ProviderSandbox
) -> None:
    bad = msgspec.structs.replace(letter(provider.channel, 1), address="not an address")
    good = letter(provider.channel, 2)
    outcomes = provider.hand_over(parcel(provider.channel, [bad, good]))
    assert isinstance(outcomes["m1"], Rejected)
    second = outcomes["m2"]
    # Either it went out, or it may go out again at once.
    assert isinstance(second, Accepted) or (
        isinstance(second, NotTaken) and second.retry_after == 0 and not second.stop
    )
    assert [one["address"] for one in provider_sandbox.accepted()] in ([], [good.address])


def test_every_letter_of_a_parcel_has_an_outcome(provider: Provider, provider_sandbox: ProviderSandbox) -> None:
    provider_sandbox.misbehave({"status": 429, "retry_after": 1, "count": 1})
    sent = parcel_of(provider.channel, 4)
    assert set(provider.hand_over(sent)) == {letter.message for letter in sent.letters}


def test_packing_loses_nobody_and_repeats_nobody(provider: Provider) -> None:
    letters = parcel_of(provider.channel, 10).letters
    parts = list(provider.pack(letters, 4))
    assert sorted(one.message for part in parts for one in part) == sorted(one.message for one in letters)
    assert max(len(part) for part in parts) <= min(4, provider.batch_max)


def told(provider: Provider, sandbox: ProviderSandbox, clock: ManualClock, word: str = "") -> tuple[Hook, Accepted]:
    """The webhook that says the first word (or this one) of the first letter, and what came of its hand-over."""
    outcome = one(provider)
    assert isinstance(outcome, Accepted)
    (taken,) = sandbox.accepted()
    clock.set(clock.now().fromtimestamp(taken["at"], clock.now().tzinfo))
    first, _ = FIRST_WORDS.get(provider.name, ("delivered", ""))
    (hook,) = sandbox.hooks(clock.now(), [{"message": taken["message"], "event": word or first}])
    return hook, outcome


def is_about(receipt: Receipt, provider: Provider, outcome: Accepted) -> bool:
    """Whether a receipt leads to the first letter: by our ids, by the provider's, or at least to its receiver."""
    ours = (receipt.message, receipt.token) == ("m0", "t1")
    theirs = bool(receipt.provider_id) and receipt.provider_id == outcome.provider_id
    of_the_person = receipt.type in ("blocked", "unknown") and not receipt.message
    return ours or theirs or (of_the_person and receipt.address in ("", letter(provider.channel, 0).address))


def test_a_receipt_names_our_message_and_means_the_same_when_it_comes_twice(
    provider: Provider, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    hook, outcome = told(provider, provider_sandbox, clock)
    provider.verify(hook)
    (receipt,) = provider.receipts(hook)
    assert receipt.type == FIRST_WORDS.get(provider.name, ("", "delivered"))[1]
    assert is_about(receipt, provider, outcome)
    clock.advance(3_600)
    later = msgspec.structs.replace(hook, at=clock.now())
    assert provider.receipts(later)[0].key == receipt.key


def test_an_event_we_do_not_know_is_unknown_not_dropped(
    provider: Provider, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    hook, outcome = told(provider, provider_sandbox, clock, "teleported")
    (receipt,) = provider.receipts(hook)
    assert receipt.type == "unknown"
    assert is_about(receipt, provider, outcome)
    assert "teleported" in receipt.detail


def test_a_forged_webhook_is_refused(provider: Provider, provider_sandbox: ProviderSandbox, clock: ManualClock) -> None:
    hook, _ = told(provider, provider_sandbox, clock)
    provider.verify(hook)
    signature = next(name for name in hook.headers if "signature" in name or "secret" in name)
    unsigned = {name: value for name, value in hook.headers.items() if name != signature}
    changed = [hook.body.replace(b"e", b"a", 1), hook.body + b"&x=1"] if provider.name not in UNSIGNED else []
    forgeries = [
        *(msgspec.structs.replace(hook, body=body) for body in changed),
        msgspec.structs.replace(hook, headers=unsigned),
        msgspec.structs.replace(hook, headers={**hook.headers, signature: "AAAA"}),
        msgspec.structs.replace(hook, headers={**hook.headers, signature: "Zürich"}),
    ]
    for forgery in forgeries:
        with pytest.raises(Forged):
            provider.verify(forgery)


def test_who_hears_replies_can_answer_them(name: str) -> None:
    kind = KINDS[name]
    assert kind.replies is Provider.replies or kind.say is not Provider.say


def test_without_credentials_a_channel_keeps_its_letters_in_the_outbox_and_says_so(
    name: str, services: Services
) -> None:
    channel = KINDS[name].channel
    provider = services.providers.for_channel(channel)
    assert provider.name == "outbox"
    sent = parcel_of(channel, 2)
    assert all(isinstance(outcome, Accepted) for outcome in provider.hand_over(sent).values())
    provider.hand_over(sent)  # twice is once
    kept = services.outbox.page("", 10, channel)
    assert [(one.id, one.channel, one.parts) for one in kept] == [
        (one.message, channel, one.rendered.parts) for one in sent.letters
    ]


def test_with_credentials_a_channel_goes_to_its_provider(
    name: str, sandboxed: Settings, clock: ManualClock, services: Services
) -> None:
    providers = Providers(sandboxed, MongoOutbox(services.database), clock)
    assert providers.for_channel(KINDS[name].channel).name == name

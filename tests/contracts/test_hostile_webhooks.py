"""What no provider would say, under each one's own signature: read, or refused as invalid, and never anything else.

Every value of a webhook is replaced by what has ever upset a reader; whoever adds a channel is tested unasked.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import bson
import msgspec

from common.errors import Forged, Invalid, NotFound
from messaging.channel import Hook, Provider
from messaging.channels._reading import EARLIEST
from storage.mongo import to_document
from tests.contracts.test_channels import make, name, provider, sandboxed, told
from tests.support.clock import ManualClock
from tests.support.letters import ADDRESSES
from tests.support.sandbox import ProviderSandbox

__all__ = ["make", "name", "provider", "sandboxed"]


def levelled(depth: int) -> Any:
    """Lists within lists, as deep as JSON can still be read."""
    found: Any = "x"
    for _ in range(depth):
        found = [found]
    return found


DEEP = "[" * 100_000
BODIES = [
    *("", "null", "[]", "{}", "[null, 5, []]", '"x"', "<html>", "\x00", "NaN", DEEP, '{"a":' * 50_000),
    *('[{"event":' * 3_000, "1" * 5_000, '{"message": {}, "token": [], "event": null}', '{"\\ud800": "\\ud800"}'),
]
NASTY: list[Any] = [
    *(None, True, 10**400, float("inf"), float("nan"), -62_135_596_801, 99_999_999_999_999, "9" * 400),
    *("", "\x00\ud83d", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "²", "x" * 5_000),
    *([], {}, {"$gt": ""}, [1, None, [{}]], levelled(900)),
]
HEADERS = ["", "é", "sha256=é", "===", "²", "9" * 30, "999999999999", "-5", "\x00"]
# These ask the other side nothing back and hear no replies.
ONE_WAY = {"sendgrid", "web_push", "fcm", "webhook"}
# These tell with a code why something was not delivered.
FAILING = {"whatsapp", "viber", "twilio"}


def replaced(whole: Any) -> Iterator[Any]:
    """The same, once for each value in it and each thing to put there."""
    for path in list(paths(whole)):
        within = whole
        for step in path[:-1]:
            within = within[step]
        before = within[path[-1]]
        for nasty in NASTY:
            within[path[-1]] = nasty
            yield whole
        within[path[-1]] = before


def paths(whole: Any, *before: Any) -> Iterator[tuple[Any, ...]]:
    """Where the values of a JSON value are."""
    inside = whole.items() if isinstance(whole, dict) else enumerate(whole) if isinstance(whole, list) else ()
    for step, value in inside:
        yield (*before, step)
        yield from paths(value, *before, step)


def hostile(body: bytes) -> Iterator[bytes]:
    """A webhook's body, changed in every way."""
    try:
        whole = json.loads(body)
    except ValueError:
        fields = parse_qsl(body.decode(), keep_blank_values=True)
        for number, (field, _) in enumerate(fields):
            for value in ["", "\x00", "x" * 5_000, "9" * 400]:
                yield urlencode([*fields[:number], (field, value), *fields[number + 1 :]]).encode()
        return
    for changed in replaced(whole):
        yield json.dumps(changed).encode()


def read(provider: Provider, hook: Hook) -> None:
    """Read all of it; what is read can be kept, and its times are times."""
    readers: list[Callable[[Hook], list[Any]]] = [provider.receipts, provider.replies, provider.notices]
    for reader in readers:
        try:
            found = reader(hook)
        except (Invalid, Forged):
            continue
        for one in found:
            bson.encode(to_document(one))
            times = [value for value in msgspec.structs.asdict(one).values() if isinstance(value, datetime)]
            assert all(EARLIEST <= at <= hook.at + timedelta(seconds=1) for at in times), one
    provider.answer("We are the shop.", hook)


def test_nothing_that_is_said_under_a_sound_signature_upsets_the_reading(
    provider: Provider, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    hook, _ = told(provider, provider_sandbox, clock)
    hooks = [hook]
    if provider.name not in ONE_WAY:
        address = ADDRESSES[provider.channel](1) if provider.channel in ADDRESSES else "+12025550001"
        reply = {"channel": provider.channel, "from": address, "to": "+15005550006", "text": "STOP"}
        hooks += provider_sandbox.hooks(clock.now(), replies=[reply])
    if provider.name in FAILING:
        hooks += provider_sandbox.hooks(clock.now(), [{"message": "m0", "event": "failed"}])
    for one in hooks:
        read(provider, one)
        for body in hostile(one.body):
            read(provider, msgspec.structs.replace(one, body=body))
        for text in BODIES:
            read(provider, msgspec.structs.replace(one, body=text.encode()))


def test_a_signature_over_nonsense_and_nonsense_for_a_signature_are_refused_as_such(
    provider: Provider, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    hook, _ = told(provider, provider_sandbox, clock)
    changed = [msgspec.structs.replace(hook, body=text.encode()) for text in BODIES]
    changed += [msgspec.structs.replace(hook, body=b"\xff\xfe\x00")]
    changed += [
        msgspec.structs.replace(hook, headers={**hook.headers, header: value})
        for header in hook.headers
        for value in HEADERS
    ]
    for one in changed:
        try:
            provider.verify(one)
        except (Forged, Invalid, NotFound):
            continue
        read(provider, one)

"""T19: names, addresses, keys and tokens go through every flow, and are in no log, no URL of ours, not in Redis, not in
what is told of errors, not in the figures.
"""

import logging
import os
import traceback
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from redis import Redis
from werkzeug.test import TestResponse

from api.app import create_app
from common.settings import Settings
from messaging.channel import Hook
from storage.doorbell import RqDoorbell
from tests.journeys.shop import Bench
from tests.support.clock import ManualClock
from tests.support.lives import Journey, Life
from tests.support.sandbox import ProviderSandbox
from wiring import Services

LIVES = 100 if os.environ.get("ENCORE_FAULTS") == "full" else 8


class Loud(Bench):
    """A bench that rings the real doorbell, too."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        super().__init__()
        self._rq = RqDoorbell(redis, settings)

    def ring(self, job: str, *ids: str, urgent: bool = False) -> bool:
        self._rq.ring(job, *ids, urgent=urgent)
        return super().ring(job, *ids, urgent=urgent)


@pytest.fixture
def journey(
    provider_sandbox: ProviderSandbox, services: Services, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> Iterator[Journey]:
    """A shop whose customers have gone all the way, with some things going wrong."""
    caplog.set_level(logging.INFO)
    clock.set(datetime.now(UTC).replace(microsecond=0))
    settings = provider_sandbox.settings(services.settings, http_timeout=0.5)
    with closing(Services(settings, clock, Loud(services.redis, settings))) as shop:
        client = create_app(shop).test_client()
        secret = shop.keys.create("tests", ["admin"])[1]
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
        journey = Journey(shop, client, provider_sandbox, [Life(number) for number in range(LIVES)])
        journey.secrets = [secret, *secrets_of(settings)]
        journey.begin()
        journey.bring_in()
        journey.buy()
        go_wrong(journey)
        journey.write()
        journey.redeem()
        yield journey


def secrets_of(settings: Settings) -> list[str]:
    """What only the settings may know."""
    named = [value for name, value in settings.environment.items() if name.endswith(("_KEY", "_TOKEN", "_KEYS"))]
    return [*settings.keys, *named]


def go_wrong(journey: Journey) -> None:
    """Let a provider stumble, a webhook be unreadable, and callers ask for what they may not have."""
    journey.sandbox.misbehave({"status": 400, "count": 1, "provider": "twilio"})
    life = journey.lives[0]
    journey.call("GET", f"/v1/customers?email={life.email}&phone={life.phone}", 422)
    journey.call("PUT", f"/v1/customers/{life.id}", 422, json={"first_name": [life.first_name], "nick": life.last_name})
    journey.call("PUT", f"/v1/customers/{life.id}", 422, json={"addresses": {"email": [f"{life.email}@"]}})
    journey.call("GET", f"/v1/messages/{life.email}", 404)
    journey.call("GET", "/v1/customers", 401, headers={"Authorization": f"Bearer {journey.secrets[0]}x"})
    journey.call("POST", f"/webhooks/sms?from={life.phone}", 403, data=f"From={life.phone}&Body={life.first_name}")
    journey.services.inbox.store("twilio", _hook(life, journey.services.clock.now()))
    journey.services.receipts.take()


def _hook(life: Life, at: datetime) -> Hook:
    url = f"http://shop.test/webhooks/sms?x={life.phone}"
    return Hook(url=url, at=at, headers={}, body=b"\xff\xfe" + life.email.encode())


def personal(journey: Journey) -> list[str]:
    """What must not be told, but for ids: callers name those themselves."""
    known = [one for life in journey.lives for one in (life.first_name, life.last_name, life.email, life.phone[1:])]
    return [*known, *journey.secrets]


def test_logs_hold_nothing_of_anybody(journey: Journey, caplog: pytest.LogCaptureFixture) -> None:
    traces = [*personal(journey), *(life.id for life in journey.lives)]
    told = [_text(record) for record in caplog.get_records("setup")]
    assert len(told) > 50
    assert any("spoilt" in text for text in told)
    assert [(trace, text[:300]) for text in told for trace in traces if trace in text] == []


def test_our_urls_and_the_doorbell_hold_nothing_of_anybody(journey: Journey) -> None:
    traces = [*personal(journey), *(life.id for life in journey.lives)]
    paths = [str(line.get("path", "")) for line in journey.sandbox.lines()]
    assert any(paths)
    rung = list(_dump(journey.services.redis))
    assert any("deliver" in text for text in rung)
    assert [(trace, text[:200]) for text in [*paths, *rung] for trace in traces if trace in text] == []


def test_errors_and_figures_tell_nobody_what_they_did_not_say_themselves(journey: Journey) -> None:
    problems = [one for one in journey.answers if "problem" in (one.content_type or "")]
    assert len(problems) >= 6
    traces = personal(journey)
    for answer in problems:
        assert [trace for trace in traces if trace in answer.text and trace not in _asked(answer)] == []
        assert not any(secret in answer.text for secret in journey.secrets)
    journey.call("GET", "/metrics")
    figures = journey.answers[-1].text
    assert "encore_requests" in figures
    assert [one for one in [*traces, *(life.id for life in journey.lives)] if one in figures] == []


def _text(record: logging.LogRecord) -> str:
    error = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
    return f"{record.getMessage()} {record.__dict__} {error}"


def _asked(answer: TestResponse) -> str:
    request = answer.request
    return f"{request.full_path} {request.get_data(as_text=True)}"


def _dump(redis: Redis) -> Iterator[str]:
    for key in redis.scan_iter("*"):
        yield _plain(key)
        kind = redis.type(key)
        if kind == b"hash":
            for name, value in redis.hgetall(key).items():
                yield _plain(name)
                yield _plain(value)
        elif kind == b"string":
            yield _plain(redis.get(key) or b"")
        elif kind == b"list":
            yield from (_plain(one) for one in redis.lrange(key, 0, -1))
        elif kind == b"set":
            yield from (_plain(one) for one in redis.smembers(key))
        elif kind == b"zset":
            yield from (_plain(one) for one in redis.zrange(key, 0, -1))


def _plain(value: Any) -> str:
    try:
        return str(zlib.decompress(value), "latin-1")
    except zlib.error:
        return str(value, "latin-1")

"""T3, T5: a provider that answers wrongly or not at all, a doorbell that is silent: which states and reasons follow."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from common.clock import SystemClock
from common.settings import Settings
from messaging.message import State
from storage.indexes import ensure
from tests.support.fleet import Oracle, launched
from tests.support.processes import eventually
from tests.support.sandbox import ProviderSandbox
from wiring import Services

NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens there
MOVING = [State.QUEUED, State.WAITING, State.CLAIMED, State.HANDING_OVER]


@pytest.fixture
def living(settings: Settings, provider_sandbox: ProviderSandbox) -> Iterator[Services]:
    """Services by the real clock, whose e-mail goes to the sandbox, with little patience."""
    services = Services(
        provider_sandbox.settings(settings, batch_size=10, http_timeout=0.5, claim_lease=5.0), SystemClock()
    )
    ensure(services.database)
    yield services
    services.database.client.drop_database(settings.mongodb_database)
    services.close()


def planned(services: Services, messages: int) -> tuple[str, list[str]]:
    """A launch that is planned; the run, and the batches to deliver."""
    run = launched(services, messages)
    assert services.planner.plan(run.id) == messages
    return run.id, [document["_id"] for document in services.database["batches"].find({"run": run.id})]


@pytest.mark.parametrize(
    ("rule", "state", "reason", "taken"),
    [
        ({"status": 401}, "waiting", "credentials", False),
        ({"status": 403}, "waiting", "credentials", False),
        ({"status": 429, "retry_after": 7}, "waiting", "rate_limited", False),
        ({"status": 500}, "uncertain", "provider_error", False),
        ({"status": 503}, "uncertain", "provider_error", False),
        ({"garbage": True}, "uncertain", "strange_answer", False),
        ({"hang": True}, "uncertain", "no_answer", False),
        ({"accept_then_hang": True}, "uncertain", "no_answer", True),
        ({"reset_after": True}, "uncertain", "connection_lost", True),
    ],
)
def test_an_answer_leads_to_its_state_and_is_sent_again_only_if_it_certainly_was_not_taken(
    living: Services, provider_sandbox: ProviderSandbox, rule: dict[str, Any], state: str, reason: str, taken: bool
) -> None:
    run, [batch] = planned(living, 3)
    provider_sandbox.misbehave(rule)
    living.delivery.deliver(batch)
    assert living.messages.counts(run) == {(State(state), "email", reason): 3}
    assert len(provider_sandbox.accepted()) == (3 if taken else 0)

    provider_sandbox.misbehave()
    waits = living.database["messages"].update_many({"state": "waiting"}, {"$set": {"not_before": living.clock.now()}})
    living.database["breakers"].delete_many({})
    living.delivery.deliver(batch)
    again = waits.modified_count
    assert len(provider_sandbox.accepted()) == (3 if taken else again)
    if again:
        assert living.messages.counts(run) == {(State.ACCEPTED, "email", ""): 3}


def test_the_providers_retry_after_is_kept(living: Services, provider_sandbox: ProviderSandbox) -> None:
    run, [batch] = planned(living, 1)
    provider_sandbox.misbehave({"status": 429, "retry_after": 7})
    before = living.clock.now()
    living.delivery.deliver(batch)
    [message] = living.messages.of_campaign("launch", "", 1)
    assert 7 <= (message.not_before - before).total_seconds() < 30
    assert living.messages.open(run)


def test_a_provider_that_is_not_there_took_nothing(living: Services, settings: Settings) -> None:
    away = {**living.settings.environment, "ENCORE_SENDGRID_URL": NOWHERE}
    services = Services(msgspec.structs.replace(living.settings, environment=away), SystemClock())
    run, [batch] = planned(services, 2)
    services.delivery.deliver(batch)
    assert services.messages.counts(run) == {(State.WAITING, "email", "unreachable"): 2}
    services.close()


def test_a_provider_in_all_kinds_of_trouble_gets_nothing_twice(
    living: Services, provider_sandbox: ProviderSandbox
) -> None:
    engine = os.environ.get("ENCORE_TEST_MONGODB") == "engine"
    messages = (20_000 if engine else 2_000) if os.environ.get("ENCORE_FAULTS") == "full" else 150
    run, batches = planned(living, messages)
    provider_sandbox.misbehave(
        {"status": 429, "retry_after": 1, "probability": 0.2, "seed": 1},
        {"status": 500, "probability": 0.1, "seed": 2},
        {"accept_then_hang": True, "probability": 0.05, "seed": 3},
        {"reset_after": True, "probability": 0.05, "seed": 4},
        {"garbage": True, "probability": 0.02, "seed": 5},
    )

    def worked_off() -> bool:
        for batch in batches:
            living.delivery.deliver(batch)
        time.sleep(0.2)
        return next(living.messages.customers_of(run, MOVING), None) is None

    assert eventually(worked_off, max(240, messages / 10))
    counts = living.messages.counts(run)
    accepted = Counter(letter["message"] for letter in provider_sandbox.accepted())
    assert set(accepted.values()) == {1}
    assert sum(counts.values()) == messages
    believed = {message.id for message in living.messages.of_campaign("launch", "", messages, State.ACCEPTED)}
    doubted = {message.id for message in living.messages.of_campaign("launch", "", messages, State.UNCERTAIN)}
    assert believed | doubted == {message.id for message in living.messages.of_campaign("launch", "", messages)}
    assert believed <= set(accepted)
    assert doubted, "nothing went wrong"
    assert living.audit.broken({run: messages}) == []


def test_while_redis_is_away_everything_is_planned_and_sent_and_the_bell_rings_afterwards(
    living: Services, provider_sandbox: ProviderSandbox
) -> None:
    deaf = Services(msgspec.structs.replace(living.settings, redis_url="redis://127.0.0.1:9/0"), SystemClock())
    run, [batch] = planned(deaf, 5)
    assert deaf.sweeper.sweep().rung == 0
    living.database["batches"].update_one({"_id": batch}, {"$set": {"rung_at": living.clock.now().replace(year=2000)}})
    assert deaf.sweeper.sweep().rung == 0
    assert living.sweeper.sweep().rung == 1
    assert living.redis.llen(f"rq:queue:{living.settings.redis_prefix}-normal") == 1
    deaf.delivery.deliver(batch)  # a worker that got the job before Redis went away
    assert living.messages.counts(run) == {(State.ACCEPTED, "email", ""): 5}
    assert len(Oracle(provider_sandbox).lines("accepted")) == 5
    deaf.close()

"""T13: people say STOP on a chat in the middle of a launch, and get nothing from then on.

`ENCORE_FAULTS=full` is 10,000 people, half of whom say STOP, and workers that are killed with -9 meanwhile.
"""

import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import worker
from api.context import provide
from campaigns.campaign import Campaign
from common.clock import SystemClock
from common.settings import Settings
from content.templates import Template
from customers.consent import Consent
from customers.customer import Customer
from messaging.message import Message, State
from segments.segment import Segment
from storage.indexes import ensure
from tests.support.fleet import HASTE, Oracle, fleet
from tests.support.letters import ADDRESSES
from tests.support.processes import eventually
from tests.support.sandbox import ProviderSandbox
from wiring import Services

FULL = os.environ.get("ENCORE_FAULTS") == "full"
PEOPLE, STOPS, KILLS, WORKERS = (10_000, 5_000, 20, 4) if FULL else (60, 20, 0, 2)
SEED = int(os.environ.get("ENCORE_FAULTS_SEED", "20261122"))
WORDS = ("STOP", "stop please", "Bitte abmelden", "/stop", "СТОП", "配信停止", "Unsubscribe!", "STOPALL")
AT_ONCE = 50


@pytest.fixture
def living(settings: Settings, provider_sandbox: ProviderSandbox) -> Iterator[Services]:
    """Services by the real clock, whose chats go to the sandbox."""
    # Where nobody is killed, leases may be as long as a busy machine needs.
    haste = HASTE if FULL else {"claim_lease": 60.0, "http_timeout": 20.0}
    services = Services(provider_sandbox.settings(settings, batch_size=10, **haste), SystemClock())
    ensure(services.database)
    yield services
    services.database.client.drop_database(settings.mongodb_database)
    services.close()


def test_who_says_stop_on_a_chat_in_the_middle_of_a_launch_gets_nothing_from_then_on(
    living: Services, provider_sandbox: ProviderSandbox, routes: Flask, tmp_path: Path
) -> None:
    chance, oracle = random.Random(SEED), Oracle(provider_sandbox)
    provider_sandbox.misbehave({"delay_seconds": 0.01})
    run = launched(living)
    who = chance.sample([ADDRESSES["telegram"](number) for number in range(PEOPLE)], STOPS)
    said = [{"channel": "telegram", "from": one, "to": "", "text": chance.choice(WORDS)} for one in who]
    hooks = [hook for start in range(0, STOPS, AT_ONCE) for hook in emitted(provider_sandbox, said[start:][:AT_ONCE])]
    provide(routes, living)
    acknowledged: dict[str, float] = {}
    with working(living, run, tmp_path) as kill:
        assert eventually(lambda: len(oracle.lines("accepted")) > PEOPLE // 20, 120)
        for number, (address, hook) in enumerate(zip(who, hooks, strict=True)):
            answer = routes.test_client().post("/webhooks/telegram", data=hook["body"], headers=hook["headers"])
            assert answer.status_code == 200
            acknowledged[address] = time.time()
            if KILLS and number % (STOPS // KILLS) == 0:
                kill(chance)
        assert eventually(lambda: at_rest(living, run), 1_200 if FULL else 60), living.messages.counts(run)
    living.receipts.take()
    check(living, run, oracle, acknowledged)


def launched(living: Services) -> str:
    """A campaign to everybody over Telegram, launched and planned; its run."""
    word = Consent(state="granted", at=living.clock.now(), source="import")
    people = [
        Customer(
            id=f"c{number:05}",
            addresses={"telegram": [ADDRESSES["telegram"](number)]},
            consents={"telegram": {"marketing": word}},
        )
        for number in range(PEOPLE)
    ]
    for start in range(0, PEOPLE, 500):
        living.customers.upsert(people[start : start + 500])
    living.templates.put(Template(id="hello", name="Hello", content={"telegram": {"en": {"text": "Hello"}}}))
    living.segments.add(Segment(id="all", name="Everybody", rules={"rule": "everyone"}))
    living.campaigns.save(Campaign(id="launch", name="Hello", template="hello", segment="all"))
    living.launcher.launch("launch")
    [run] = living.runs.of_campaigns(["launch"])
    living.planner.plan(run.id)
    return run.id


def emitted(sandbox: ProviderSandbox, replies: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sandbox.webhooks(replies=replies)


def check(living: Services, run: str, oracle: Oracle, acknowledged: dict[str, float]) -> None:
    """Nothing was begun for an address after its STOP was acknowledged; the others had theirs."""
    messages = living.messages.of_campaign("launch", "", PEOPLE + 1)
    late = [
        one.id
        for one in messages
        for attempt in one.attempts
        if attempt.outcome != "unsent" and attempt.started_at.timestamp() > acknowledged.get(one_address(one), 1e12)
    ]
    taken = {line["address"] for line in oracle.lines("accepted")}
    spared = acknowledged.keys() - taken
    unsent = {one_address(one) for one in messages if (one.state, one.reason) == (State.SKIPPED, "suppressed")}
    sys.stdout.write(
        f"\nseed {SEED}: {PEOPLE} people, {STOPS} said STOP meanwhile, {KILLS} kills; {len(spared)} of these got "
        f"nothing, {len(acknowledged) - len(spared)} had theirs before; after a STOP {len(late)}\n"
    )
    assert late == []
    assert spared, "every STOP came too late to tell anything"
    assert unsent <= acknowledged.keys()
    assert len(messages) == PEOPLE
    # The audit knows when a STOP was written; when it was acknowledged, this test alone.
    assert [one for one in living.audit.broken({run: PEOPLE}) if not one.startswith("4.")] == []
    stopped = living.suppressions.among("telegram", list(acknowledged), "transactional")
    assert set(stopped.values()) == {"stop"}
    assert stopped.keys() == acknowledged.keys()
    denied = living.database["customers"].count_documents({"consents.telegram.marketing.state": "denied"})
    assert denied == STOPS


def one_address(message: Message) -> str:
    return ADDRESSES["telegram"](int(message.customer.removeprefix("c")))


def at_rest(living: Services, run: str) -> bool:
    moving = [State.QUEUED, State.WAITING, State.CLAIMED, State.HANDING_OVER]
    return next(living.messages.customers_of(run, moving), None) is None


@contextmanager
def working(living: Services, run: str, tmp_path: Path) -> Iterator[Callable[[random.Random], None]]:
    """Workers: real processes at full size, to be killed; else threads. Gives what kills one of them."""
    if FULL:
        with fleet(tmp_path, living.settings) as crew:
            crew.man(WORKERS)

            def kill(chance: random.Random) -> None:
                crew.kill(chance.choice(crew.workers))
                crew.man(WORKERS)

            yield kill
        return
    over = threading.Event()
    batches = [batch["_id"] for batch in living.database["batches"].find({"run": run}, {"_id": 1})]

    def work(mine: Sequence[str]) -> None:
        while not over.wait(0.05):
            for one in mine:
                worker.JOBS["deliver"](living, one)

    threads = [threading.Thread(target=work, args=(batches[n::WORKERS],)) for n in range(WORKERS)]
    for thread in threads:
        thread.start()
    try:
        yield lambda chance: None
    finally:
        over.set()
        for thread in threads:
            thread.join()

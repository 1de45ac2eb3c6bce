"""T12: a provider's webhooks in any order, some of them twice, some forged or stale, while the API is killed with -9.

`ENCORE_FAULTS=full` is 100,000 events on a real engine and a tenth of that on the embedded server;
`ENCORE_FAULTS_EVENTS` sets another number.
"""

import json
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import msgspec

from common.settings import Settings
from messaging.message import Attempt, Batch, Message, Route, State
from sandbox.signing import SendGridSigner
from tests.support.tills import Answer, Scene, all_at_once, scene
from wiring import Services

FULL = os.environ.get("ENCORE_FAULTS") == "full"
ENGINE = os.environ.get("ENCORE_TEST_MONGODB") == "engine"
SEED = int(os.environ.get("ENCORE_FAULTS_SEED", "20261122"))
EVENTS = int(os.environ.get("ENCORE_FAULTS_EVENTS", (100_000 if ENGINE else 10_000) if FULL else 300))
KILLS, APIS, CALLERS = (20, 2, 32) if FULL else (1, 1, 8)
# SendGrid puts some hundred events into a webhook.
AT_ONCE = 100 if FULL else 10
TOKEN = "t1"  # an attempt's
TWICE, FORGED = 0.3, 0.05
# What may become of a letter, in SendGrid's words; and the state that all of them together prove.
LIVES: list[tuple[tuple[str, ...], State]] = [
    (("processed", "delivered"), State.DELIVERED),
    (("processed", "deferred", "delivered", "open"), State.DELIVERED),
    (("processed", "delivered", "open", "click"), State.DELIVERED),
    (("processed", "deferred"), State.ACCEPTED),
    (("processed", "bounce"), State.BOUNCED),
    (("processed", "delivered", "bounce"), State.BOUNCED),
    (("processed", "delivered", "spamreport"), State.DELIVERED),
]
NOTED = {"open": "opened", "click": "clicked", "spamreport": "complained"}
LATE = 10.0


class Letter(msgspec.Struct, frozen=True):
    """A letter that was accepted, and what is said of it."""

    id: str
    address: str
    events: tuple[str, ...]
    state: State


class Post(msgspec.Struct, frozen=True):
    """A webhook, and whether it is to be believed."""

    body: bytes
    headers: dict[str, str]
    sound: bool


def test_webhooks_shuffled_repeated_and_forged_lead_to_one_state_whoever_is_killed(
    settings: Settings, tmp_path: Path
) -> None:
    chance, signer = random.Random(SEED), SendGridSigner("theirs")
    keys = {"ENCORE_SENDGRID_WEBHOOK_KEY": signer.public_key, "ENCORE_SENDGRID_API_KEY": "SG.of-a-test"}
    own = msgspec.structs.replace(settings, environment={**settings.environment, **keys})
    with scene(tmp_path, own, count=APIS) as made:
        letters = sent(made.services, chance)
        posts = webhooks(letters, signer, chance)
        answers = posted(made, posts, chance)
        worked_off(made.services)
        check(made.services, letters)
        told(made, posts, answers)
        assert Counter(answer.status for post, answer in answers if post.sound).keys() == {200}
        assert Counter(answer.status for post, answer in answers if not post.sound).keys() == {403}


def sent(services: Services, chance: random.Random) -> list[Letter]:
    """Letters that a provider took a minute ago, enough for all events."""
    now = services.clock.now() - timedelta(minutes=1)
    letters: list[Letter] = []
    while sum(len(letter.events) for letter in letters) < EVENTS:
        events, state = chance.choice(LIVES)
        number = len(letters)
        letters.append(Letter(f"m{number:06}", f"c{number:06}@example.com", events, state))
    for start in range(0, len(letters), 1_000):
        batch = Batch(
            id=f"b{start}", run="run", campaign="launch", channel="email", due_at=now, rung_at=now, open=False
        )
        services.messages.plan(batch, [_message(one, batch) for one in letters[start : start + 1_000]])
    return letters


def _message(letter: Letter, batch: Batch) -> Message:
    at = batch.due_at
    return Message(
        id=letter.id,
        run=batch.run,
        campaign=batch.campaign,
        customer=letter.id.replace("m", "c"),
        state=State.ACCEPTED,
        routes=[Route("email", letter.address)],
        channel="email",
        batch=batch.id,
        request=TOKEN,
        attempts=[Attempt(token=TOKEN, channel="email", provider="sendgrid", started_at=at)],
        provider="sendgrid",
        handed_at=at,
        not_before=at,
        expires_at=at + timedelta(days=3),
    )


def webhooks(letters: Sequence[Letter], signer: SendGridSigner, chance: random.Random) -> list[Post]:
    """All that is said, shuffled, part of it twice; and what somebody else says, or said long ago."""
    now = int(time.time())
    said = [event(letter, word, now) for letter in letters for word in letter.events]
    chance.shuffle(said)
    posts = [_signed(said[start : start + AT_ONCE], signer, now) for start in range(0, len(said), AT_ONCE)]
    again = chance.sample(said, round(len(said) * TWICE))
    posts += [_signed(again[start : start + AT_ONCE], signer, now) for start in range(0, len(again), AT_ONCE)]
    stranger = SendGridSigner("a stranger's")
    for _ in range(max(2, round(len(posts) * FORGED))):
        # A lie about somebody of whom nothing bad is said: it would be seen.
        liar = chance.choice([letter for letter in letters if letter.state is State.DELIVERED])
        lie = [event(liar, "bounce", now), event(liar, "spamreport", now)]
        forged = chance.choice([_signed(lie, stranger, now), _signed(lie, signer, now - 3 * 86_400)])
        posts.append(msgspec.structs.replace(forged, sound=False))
    chance.shuffle(posts)
    return posts


def event(letter: Letter, word: str, now: int) -> dict[str, Any]:
    """What SendGrid says of a letter."""
    more = {"url": "https://shop.example/"} if word == "click" else {}
    about = {"encore_message": letter.id, "encore_token": TOKEN, "sg_message_id": f"sg.{letter.id}"}
    at = now - 60 + letter.events.index(word) if word in letter.events else now
    return {"event": word, "email": letter.address, "timestamp": at, **about, **more}


def _signed(events: Sequence[dict[str, Any]], signer: SendGridSigner, at: int) -> Post:
    body = json.dumps(events, separators=(",", ":")).encode()
    return Post(body, {"Content-Type": "application/json", **signer.headers(body, at)}, sound=True)


def posted(made: Scene, posts: Sequence[Post], chance: random.Random) -> list[tuple[Post, Answer]]:
    """Post all of it while API processes die, each until it is answered, as a provider does."""
    answers: list[tuple[Post, Answer]] = []
    begun = [threading.Event() for _ in range(KILLS)]

    def post(one: Post, gate: threading.Event) -> None:
        gate.wait()
        answers.append((one, made.tills.send("/webhooks/email", one.body, one.headers)))

    work: list[Callable[[], None]] = [
        partial(post, one, begun[number * KILLS // len(posts)]) for number, one in enumerate(posts)
    ]
    wrong: Counter[str] = Counter()
    crowd = threading.Thread(target=lambda: wrong.update(all_at_once(work, CALLERS)))
    crowd.start()
    for part in begun:
        part.set()
        time.sleep(chance.uniform(0, 0.3))
        made.tills.kill(chance)
    crowd.join()
    assert wrong == {}
    return answers


def worked_off(services: Services) -> None:
    """Workers take what waits, until nothing does."""
    while services.receipts.take():
        pass
    assert services.database["webhooks"].count_documents({}) == 0


def check(services: Services, letters: Sequence[Letter]) -> None:
    """Each letter is where all that was said of it leads, in whatever order it came; nothing forged was believed."""
    states = {one["_id"]: one["state"] for one in services.database["messages"].find({}, {"state": 1})}
    wrong = [letter.id for letter in letters if states[letter.id] != letter.state.value]
    assert wrong == []
    facts = Counter((one["message"], one["type"]) for one in services.database["facts"].find())
    wanted = {(letter.id, NOTED[word]) for letter in letters for word in letter.events if word in NOTED}
    assert set(facts) == wanted
    assert set(facts.values()) == {1}
    addresses = [letter.address for letter in letters]
    for purpose, words in (("service", {"bounce", "spamreport"}),):
        suppressed = services.suppressions.among("email", addresses, purpose)
        assert suppressed.keys() == {letter.address for letter in letters if words & set(letter.events)}


def told(made: Scene, posts: Sequence[Post], answers: Sequence[tuple[Post, Answer]]) -> None:
    """What docs/reliability.md records."""
    calm = sorted(
        answer.seconds
        for _, answer in answers
        if not any(0 <= answer.at - killed <= LATE for killed in made.tills.killed_at)
    )
    pace = f"median {median(calm) * 1e3:.0f} ms, p99 {quantiles(calm, n=100)[98] * 1e3:.0f} ms" if len(calm) > 9 else ""
    again = sum(answer.tries > 1 for _, answer in answers)
    sys.stdout.write(
        f"\nseed {SEED}: {EVENTS} events in {len(posts)} webhooks, {sum(not post.sound for post in posts)} of them "
        f"forged or stale, {KILLS} kills; {again} had to be sent again; {len(calm)} away from kills: {pace}\n"
    )

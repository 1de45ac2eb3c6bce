"""What a provider says is taken once, in any order, by any number of workers, and never lost."""

import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

import msgspec
import pytest

from common.errors import Forged, NotFound
from messaging.channel import Hook, Outcome, Parcel, Provider, Receipt, Reply
from messaging.receipts import Receipts
from storage.mongo import Mongo
from storage.webhooks import MongoWebhooks
from tests.messaging.reporting import reports, settings
from tests.support.clock import ManualClock
from tests.support.reports import Reports
from wiring import Services

__all__ = ["reports", "settings"]

COLLABORATORS = (
    *("inbox", "messages", "facts", "suppressions", "customers", "conversation", "comings", "finder", "notices"),
    "soft_bounces",
    *("clock", "settings"),
)


def test_what_was_sent_is_delivered_or_bounces_as_the_provider_says(reports: Reports) -> None:
    reports.sent("ana", "bo", "cy", "di")
    assert reports.states("ana", "bo", "cy", "di") == ["accepted"] * 4
    reports.say(("ana", "delivered"), ("bo", "bounce"), ("cy", "dropped"), ("di", "processed"))
    assert reports.states("ana", "bo", "cy", "di") == ["delivered", "bounced", "undelivered", "accepted"]


def test_a_lost_answer_is_resolved_by_the_provider_itself(reports: Reports) -> None:
    reports.sandbox.misbehave({"accept_then_hang": True})
    reports.sent("ana")
    assert reports.states("ana") == ["uncertain"]
    reports.say(("ana", "processed"))
    assert reports.states("ana") == ["accepted"]


def test_whoever_opened_it_has_it(reports: Reports) -> None:
    reports.sandbox.misbehave({"reset_after": True})
    reports.sent("ana")
    assert reports.states("ana") == ["uncertain"]
    reports.say(("ana", "open"))
    assert reports.states("ana") == ["delivered"]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_webhooks_and_their_repetition_change_nothing(reports: Reports, seed: int) -> None:
    people = ["ana", "bo", "cy"]
    reports.sent(*people)
    said = [
        *[(one, event) for one in people for event in ("processed", "delivered", "open")],
        ("bo", "bounce"),
        ("cy", "spamreport"),
    ]
    shuffled = said + random.Random(seed).sample(said, 5)
    random.Random(seed).shuffle(shuffled)
    for one in shuffled:
        reports.store(one, timestamp=1_700_000_000)
        if one[0] == "bo":
            reports.services.receipts.take()
    reports.services.receipts.take()
    assert reports.states(*people) == ["delivered", "bounced", "delivered"]
    assert [reports.facts(one) for one in people] == [["opened"], ["opened"], ["complained", "opened"]]


@pytest.mark.parametrize(
    ("event", "more", "purpose", "reason"),
    [
        ("bounce", {"type": "bounce"}, "transactional", "hard_bounce"),
        ("dropped", {"reason": "Bounced Address"}, "transactional", "hard_bounce"),
        ("spamreport", {}, "transactional", "complaint"),
        ("unsubscribe", {}, "marketing", "unsubscribed"),
    ],
)
def test_bounces_and_complaints_suppress_the_address(
    reports: Reports, event: str, more: dict[str, Any], purpose: str, reason: str
) -> None:
    reports.sent("ana", "bo")
    reports.say(("ana", event), **more)
    among = reports.services.suppressions.among("email", ["ana@example.com", "bo@example.com"], purpose)
    assert among == {"ana@example.com": reason}


@pytest.mark.parametrize(("event", "more"), [("bounce", {"type": "blocked"}), ("delivered", {}), ("open", {})])
def test_a_passing_trouble_suppresses_nobody(reports: Reports, event: str, more: dict[str, Any]) -> None:
    reports.sent("ana")
    reports.say(("ana", event), **more)
    assert reports.services.suppressions.among("email", ["ana@example.com"], "marketing") == {}


def test_an_unsubscribe_at_the_provider_withdraws_the_consent(reports: Reports) -> None:
    reports.sent("ana")
    reports.office.clock.advance(5)  # type: ignore[attr-defined]  # the tests' clock
    reports.say(("ana", "unsubscribe"), timestamp=int(reports.office.clock.now().timestamp()))
    consent = reports.services.customers.get(["ana"])["ana"].consents["email"]["marketing"]
    assert (consent.state, consent.source) == ("denied", "webhook")


def test_facts_name_campaign_and_customer_and_the_customer_knows_the_latest(reports: Reports) -> None:
    reports.sent("ana")
    reports.say(("ana", "click"), url="https://shop.example/a", timestamp=1_700_000_100)
    reports.say(("ana", "click"), url="https://shop.example/b", timestamp=1_700_000_000)
    facts = reports.services.facts.of_customer("ana", 10)
    assert [(fact.campaign, fact.url) for fact in facts] == [
        ("campaign", "https://shop.example/a"),
        ("campaign", "https://shop.example/b"),
    ]
    seen = reports.services.customers.get(["ana"])["ana"].engagement
    assert seen["last_clicked_at"].timestamp() == 1_700_000_100


def test_a_word_we_do_not_know_is_kept_and_moves_nothing(reports: Reports) -> None:
    reports.sent("ana")
    reports.say(("ana", "teleported"))
    assert reports.states("ana") == ["accepted"]
    assert reports.facts("ana") == ["unknown"]


def test_a_message_of_somebody_elses_moves_nothing(reports: Reports, database: Mongo) -> None:
    reports.sent("ana")
    reports.store(("ana", "delivered"))
    stranger = database["webhooks"].find_one()
    assert stranger
    body = stranger["body"].replace(b"encore_message", b"other_message")
    database["webhooks"].update_one({"_id": stranger["_id"]}, {"$set": {"body": body}})
    assert reports.services.receipts.take() == 1
    assert reports.states("ana") == ["accepted"]


def test_what_cannot_be_read_is_set_aside_and_holds_nobody_up(reports: Reports, database: Mongo) -> None:
    reports.sent("ana")
    nonsense = Hook(url="http://shop.test/webhooks/email", at=reports.office.clock.now(), headers={}, body=b"nonsense")
    reports.services.inbox.store("sendgrid", nonsense)
    reports.say(("ana", "delivered"))
    assert reports.states("ana") == ["delivered"]
    (left,) = database["webhooks"].find()
    assert "not JSON" in left["spoilt"]
    assert reports.services.receipts.take() == 0


def test_what_is_done_is_gone_with_its_personal_data(reports: Reports, database: Mongo) -> None:
    reports.sent("ana")
    reports.say(("ana", "delivered"))
    assert database["webhooks"].count_documents({}) == 0


def test_a_webhook_that_a_dead_worker_claimed_is_worked_off_after_its_lease(
    reports: Reports, clock: ManualClock
) -> None:
    reports.sent("ana")
    reports.store(("ana", "delivered"))
    inbox = reports.services.inbox
    assert len(inbox.claim(10, 60)) == 1
    assert inbox.claim(10, 60) == []
    assert reports.services.receipts.take() == 0
    clock.advance(61)
    assert reports.services.receipts.take() == 1
    assert reports.states("ana") == ["delivered"]


def test_of_workers_who_claim_at_once_each_webhook_has_one(services: Services, clock: ManualClock) -> None:
    inbox = MongoWebhooks(services.database, clock)
    for number in range(60):
        body = str(number).encode()
        inbox.store("sendgrid", Hook(url="http://shop.test/webhooks/email", at=clock.now(), headers={}, body=body))
    start = threading.Barrier(6)

    def claim(_: int) -> list[str]:
        start.wait()
        return [one.id for _ in range(8) for one in inbox.claim(10, 60)]

    with ThreadPoolExecutor(6) as workers:
        claimed = [id_ for ids in workers.map(claim, range(6)) for id_ in ids]
    assert len(claimed) == len(set(claimed)) == 60


def test_the_same_webhook_sent_again_while_it_waits_is_stored_once(services: Services, clock: ManualClock) -> None:
    inbox = MongoWebhooks(services.database, clock)
    hook = Hook(url="http://shop.test/webhooks/email", at=clock.now(), headers={}, body=b"[1]\r\n")
    inbox.store("sendgrid", hook)
    inbox.store("sendgrid", msgspec.structs.replace(hook, at=clock.now() + timedelta(seconds=9)))
    inbox.store("sendgrid", msgspec.structs.replace(hook, body=b"[1]"))
    clock.advance(60)
    assert sorted(one.hook.body for one in inbox.claim(10, 60)) == [b"[1]", b"[1]\r\n"]


def test_a_forged_webhook_leaves_nothing(reports: Reports, database: Mongo) -> None:
    reports.sent("ana")
    (hook,) = reports.sandbox.hooks(
        reports.office.clock.now(), [{"message": reports.office.get("ana").id, "event": "delivered"}]
    )
    with pytest.raises(Forged):
        reports.services.webhooks.receive("email", msgspec.structs.replace(hook, body=hook.body + b" "))
    assert database["webhooks"].count_documents({}) == 0


@pytest.mark.parametrize("channel", ["fax", ""])
def test_a_channel_there_is_not_takes_no_webhook(reports: Reports, channel: str) -> None:
    hook = Hook(url="http://shop.test/webhooks/fax", at=reports.office.clock.now(), headers={}, body=b"")
    with pytest.raises(NotFound):
        reports.services.webhooks.receive(channel, hook)


class Careless(Provider):
    """A provider whose file lets through a time that fits into no database."""

    name: ClassVar[str] = "careless"
    channel: ClassVar[str] = "sms"

    def configured(self) -> bool:
        """Always."""
        return True

    def send(self, parcel: Parcel) -> dict[str, Outcome]:
        """Nothing."""
        return {}

    def by_name(self, name: str) -> Provider:
        """The only one there is."""
        return self

    def receipts(self, hook: Hook) -> list[Receipt]:
        """A complaint, long before there were any."""
        bad = [Receipt(key="bad", type="complained", at=NEVER, message="m", address="+12025550101")]
        return bad if hook.body == b"complaint" else []

    def replies(self, hook: Hook) -> list[Reply]:
        """What was written."""
        at, address = (NEVER if hook.body == b"bad" else hook.at), f"+1202555{len(hook.body):04}"
        return [Reply(key=hook.body.decode(), address=address, to="", text=hook.body.decode(), at=at)]


NEVER = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))


@pytest.mark.parametrize("bad", ["complaint", "bad"])
def test_a_webhook_that_cannot_be_applied_is_set_aside_alone_and_the_others_are_obeyed(
    services: Services, database: Mongo, clock: ManualClock, bad: str
) -> None:
    careless = Careless(services.settings, services.outbox, clock)
    receipts = Receipts(
        **{name: getattr(services, name) for name in COLLABORATORS},
        providers=careless,  # type: ignore[arg-type]  # knows the one
        is_outage=lambda error: False,
    )
    for body in ("STOP", bad, "unsubscribe"):
        services.inbox.store("careless", Hook(url="http://x", at=clock.now(), headers={}, body=body.encode()))
        clock.advance(1)
    assert receipts.take() == 3
    left = list(database["webhooks"].find())
    assert [bytes(one["body"]).decode() for one in left] == [bad]
    assert left[0]["spoilt"].startswith("OverflowError")
    numbers = ["+12025550004", "+12025550011"]
    assert set(services.suppressions.among("sms", numbers, "marketing")) == set(numbers)
    clock.advance(3_600)
    assert receipts.take() == 0


def test_while_the_database_is_away_no_webhook_is_set_aside(
    services: Services, database: Mongo, clock: ManualClock
) -> None:
    careless = Careless(services.settings, services.outbox, clock)
    receipts = Receipts(
        **{name: getattr(services, name) for name in COLLABORATORS},
        providers=careless,  # type: ignore[arg-type]  # knows the one
        is_outage=lambda error: True,
    )
    services.inbox.store("careless", Hook(url="http://x", at=clock.now(), headers={}, body=b"bad"))
    with pytest.raises(OverflowError):
        receipts.take()
    assert ["spoilt" in one for one in database["webhooks"].find()] == [False]


def told(reports: Reports, *people: str, **event: str) -> None:
    """SendGrid's word at this time, past its signature, which is of the real time."""
    now = reports.office.clock.now()
    said = [
        {"email": f"{one}@example.com", "encore_message": reports.office.get(one).id, "timestamp": int(now.timestamp())}
        for one in people
    ]
    body = json.dumps([{**one, **event} for one in said]).encode()
    reports.services.inbox.store("sendgrid", Hook(url="http://shop.test/webhooks/email", at=now, headers={}, body=body))
    reports.services.receipts.take()


def test_an_address_that_puts_letters_off_day_after_day_gets_no_more_by_choice_until_one_arrives(
    reports: Reports, clock: ManualClock
) -> None:
    reports.sent("ana", "bo")
    suppressions, addresses = reports.services.suppressions, ["ana@example.com", "bo@example.com"]

    def put_off(*people: str, days: int) -> dict[str, str]:
        for _ in range(days):
            clock.advance(86_400)
            for _ in range(2):  # twice a day is one day
                told(reports, *people, event="bounce", type="blocked")
        return suppressions.among("email", addresses, "marketing")

    assert put_off("ana", "bo", days=4) == {}
    clock.advance(60)
    told(reports, "bo", event="delivered")
    assert put_off("ana", "bo", days=1) == {"ana@example.com": "soft_bounces"}
    assert suppressions.among("email", addresses, "service") == {"ana@example.com": "soft_bounces"}
    assert suppressions.among("email", addresses, "transactional") == {}
    clock.advance(60)
    told(reports, "ana", event="open")
    assert suppressions.among("email", addresses, "marketing") == {}
    assert put_off("ana", days=4) == {}
    clock.advance(40 * 86_400)
    assert put_off("ana", days=1) == {}  # the others are long ago


def test_what_the_provider_drops_for_our_sake_says_nothing_of_the_address(reports: Reports, clock: ManualClock) -> None:
    reports.sent("ana")
    for _ in range(6):
        clock.advance(86_400)
        told(reports, "ana", event="dropped", reason="Spam Content")
    assert reports.services.suppressions.among("email", ["ana@example.com"], "marketing") == {}

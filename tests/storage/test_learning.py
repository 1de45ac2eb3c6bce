"""Learned channels: from messages, what was done with them, replies and orders; never against what was declared."""

import json
from datetime import datetime, timedelta

import pytest

from customers.customer import Customer, preferred_source
from customers.learning import BY_MACHINE
from customers.orders import Order
from messaging.channel import Hook
from messaging.channels._sendgrid_events import receipts
from messaging.conversation import Said
from messaging.message import Batch, Message, Route, State
from messaging.receipts import Fact
from messaging.routing import routes_for
from storage.mongo import Mongo
from tests.support.clock import START, ManualClock
from wiring import Services

ANA = Customer(id="ana", addresses={"email": ["ana@example.com"], "sms": ["+351912345678"]})


def sent(services: Services, database: Mongo, channel: str, number: int) -> str:
    """A message that reached Ana on a day of her life."""
    name = f"{channel}-{number}"
    at = START - timedelta(days=100 - number)
    batch = Batch(id=f"b-{name}", run=name, campaign="c", channel=channel, due_at=at, rung_at=at, open=False)
    route = Route(channel=channel, address=ANA.addresses[channel][0])
    message = Message(id=name, run=name, campaign="c", customer="ana", routes=[route], channel=channel, batch=batch.id,
                      not_before=at, expires_at=at)  # fmt: skip
    services.messages.plan(batch, [message])
    database["messages"].update_one({"_id": name}, {"$set": {"state": State.DELIVERED.value, "handed_at": at}})
    return name


def clicked(message: str, at: datetime, detail: str = "", type: str = "clicked") -> Fact:
    channel = message.partition("-")[0]
    return Fact(id=f"{type}-{message}", type=type, at=at, provider="p", channel=channel, message=message,  # type: ignore[arg-type]  # the test names it
                customer="ana", detail=detail)  # fmt: skip


@pytest.fixture
def history(services: Services, database: Mongo) -> None:
    """Four e-mails and four text messages, and nothing done with any."""
    services.customers.upsert([ANA])
    for number in range(4):
        sent(services, database, "email", number * 20)
        sent(services, database, "sms", number * 20 + 10)


def ana(services: Services) -> Customer:
    return services.customers.get(["ana"])["ana"]


def test_who_clicks_replies_and_orders_by_text_message_is_written_to_by_it(services: Services, history: None) -> None:
    services.facts.add([clicked("sms-10", START)])
    said = Said(id="r1", customers=["ana"], channel="sms", address="+351912345678", direction="in", text="Nice",
                at=START - timedelta(days=69))  # fmt: skip
    services.threads.add([said])
    order = Order(id="o1", customer_id="ana", placed_at=START - timedelta(days=49), currency="EUR", total=1)
    services.orders.upsert([order])
    assert services.learning.react() == 1
    told = ana(services)
    assert (told.preferred, preferred_source(told)) == (["sms", "email"], "learned")
    assert told.engagement["channels"] == {
        "email": {"sent": 4},
        "sms": {"sent": 4, "clicked": 1, "replied": 1, "ordered": 1, "answered": 3, "points": 8},
    }
    assert [route.channel for route in routes_for(told, ["email", "sms"], "service")] == ["sms", "email"]
    assert services.learning.react() == 0
    services.facts.add([clicked("sms-10", START)])
    before = ana(services)
    assert services.learning.react() == 1  # looked at again, and the same
    assert ana(services) == before


def test_what_was_declared_holds_before_what_is_learned_and_what_is_learned_when_it_is_taken_back(
    services: Services, history: None, clock: ManualClock
) -> None:
    services.customers.change("ana", {"preferred": ["email"]})
    answers = [clicked(f"sms-{number}", START) for number in (10, 30, 50)]
    services.facts.add(answers)
    services.learning.react()
    assert (ana(services).preferred, preferred_source(ana(services))) == (["email"], "declared")
    services.customers.change("ana", {"preferred": None})
    services.facts.add(answers)
    services.learning.react()
    assert (ana(services).preferred, preferred_source(ana(services))) == (["sms", "email"], "learned")
    services.customers.change("ana", {"preferred": ["sms", "email"]})
    assert preferred_source(ana(services)) == "declared"


def test_what_is_no_longer_so_is_forgotten(services: Services, history: None, clock: ManualClock) -> None:
    answers = [clicked(f"sms-{number}", START) for number in (10, 30)]
    services.facts.add(answers)
    services.learning.react()
    assert ana(services).preferred == ["sms", "email"]
    clock.advance(400 * 86_400)
    services.facts.add(answers)
    services.learning.react()
    assert (ana(services).preferred, preferred_source(ana(services))) == ([], None)


def test_an_open_by_a_machine_is_nothing_that_somebody_did(services: Services, history: None) -> None:
    services.facts.add([clicked(f"email-{number}", START, BY_MACHINE, "opened") for number in (0, 20, 40)])
    assert services.learning.react() == 0
    assert "last_opened_at" not in ana(services).engagement


def test_an_order_that_comes_in_is_looked_at(services: Services, history: None, clock: ManualClock) -> None:
    services.orders.upsert([Order(id="o1", customer_id="ana", placed_at=START, currency="EUR", total=1)])
    services.events.pump()
    services.engagement.react()
    assert services.learning.react() == 1


def test_sendgrid_says_of_an_open_whether_a_mail_program_made_it() -> None:
    told = [{"event": "open", "sg_machine_open": machine, "timestamp": 1} for machine in (True, False)]
    hook = Hook(url="https://shop.example/webhooks/email", at=START, headers={}, body=json.dumps(told).encode())
    assert [receipt.detail == BY_MACHINE for receipt in receipts(hook)] == [True, False]

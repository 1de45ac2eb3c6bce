"""Customers whose every trace can be searched for: they go through all that Encore does, under names like no others."""

import re
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns.campaign import CampaignState
from content.templates import Template
from customers.shop import Shop
from loyalty.offer import Offer
from segments.segment import Segment
from storage.mongo import Mongo
from tests.journeys.shop import OFFER_WORDS, Bench, draft
from tests.loyalty.makers import programme
from tests.support.sandbox import ProviderSandbox
from wiring import Services

AGENT = "Canaryfox/9.1"
EVENTS = ("delivered", "open", "click")


class Life:
    """One customer, with what gives them away."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.id = f"zyx-{number:04d}-vex"
        self.first_name = f"Zyxquor{number:04d}"
        self.last_name = f"Vexlark{number:04d}"
        self.email = f"zyx{number:04d}@vexlark.example"
        self.phone = f"+1212555{number:04d}"

    @property
    def traces(self) -> list[str]:
        """What must not be found when they are gone."""
        return [self.id, self.first_name, self.last_name, self.email, self.phone, self.phone.removeprefix("+")]

    @property
    def row(self) -> str:
        """Their row of a file."""
        facts = [self.id, self.first_name, self.last_name, self.email, self.phone, "US", "yes", "yes"]
        return ",".join(facts) + "\n"

    @property
    def bad_row(self) -> str:
        """Another, that cannot be taken."""
        return f"{self.id},{self.first_name},x,{self.email} {self.phone},zero,US,maybe,yes\n"


HEAD = "customer_id,first_name,last_name,email,phone,country,marketing_email,marketing_sms\n"
PRICE = {"amount": 4_000, "currency": "EUR"}


class Journey:
    """A shop with a provider, and customers who go all the way through it."""

    def __init__(self, services: Services, client: FlaskClient, sandbox: ProviderSandbox, lives: list[Life]) -> None:
        self.services = services
        self.sandbox = sandbox
        self.lives = lives
        self.answers: list[TestResponse] = []
        self.secrets: list[str] = []
        self._client = client

    def call(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        """Ask the API, and keep the answer; it must have this status."""
        answer = self._client.open(path, method=method, **more)
        self.answers.append(answer)
        assert answer.status_code == status, (method, path, answer.get_json(silent=True))
        return answer.get_json(silent=True)

    def work(self) -> None:
        """Do what is rung for, and the chores."""
        bench = self.services.doorbell
        assert isinstance(bench, Bench)
        for _ in range(3):
            bench.work(self.services)
            self.services.events.pump()
            self.services.schedule.react()
            self.services.undoing.react()
            self.services.points_feed.react()
            self.services.referrals.settle()
        self.services.settle_runs()

    def begin(self) -> None:
        """Open the shop: words, an offer, a programme for friends, one for points."""
        now = self.services.clock.now()
        self.services.shops.put(Shop(name="Harbour Records", postal_address="1 Harbour Lane"))
        fifth = {"id": "fifth", "name": "A fifth", "kind": "percent", "settings": {"percent": 20}}
        self.services.offers.add(Offer(**fifth, seed="s", created_at=now, updated_at=now))  # type: ignore[arg-type]
        programme(self.services)
        self.services.templates.put(Template(id="give", name="Give", content=OFFER_WORDS))
        self.services.templates.put(
            Template(id="thanks", name="Thanks", content={"email": {"en": {"subject": "Hi", "html": "<p>Hi</p>"}}})
        )
        self.services.segments.add(_everyone(now))
        earning = [{"kind": "per_amount", "settings": {"points": 1, "per": {"amount": 100, "currency": "EUR"}}}]
        worth = {"points": 100, "money": {"amount": 100, "currency": "EUR"}}
        self.call("PUT", "/v1/points/programme", json={"active": True, "worth": worth, "earning": earning})

    def bring_in(self) -> None:
        """Import the customers, each with a good row and a bad one."""
        bad = "".join(
            f"{life.id},{life.first_name},x,{life.email} {life.phone},zero,US,maybe,yes\n" for life in self.lives
        )
        file = HEAD + "".join(life.row for life in self.lives) + bad
        self.call("POST", "/v1/imports/customers", 202, data=file, content_type="text/csv")
        self.work()

    def buy(self) -> None:
        """Each buys, something goes wrong, and the site sees them."""
        now = self.services.clock.now()
        for life in self.lives:
            placed = (now - timedelta(days=40 + life.number % 20)).isoformat()
            lines = [{"product_id": "cd", "quantity": 1, "unit_price": PRICE}]
            order = {"customer_id": life.id, "placed_at": placed, "lines": lines, "packed_by": "Rui"}
            self.call("PUT", f"/v1/orders/o{life.number}", json=order)
            reason = f"{life.first_name} {life.last_name} was not at home"
            url = f"https://track.example/{life.email}"
            event = {"type": "delayed", "at": now.isoformat(), "reason": reason, "tracking_url": url}
            self.call("POST", f"/v1/orders/o{life.number}/events", json=event)
            seen = {"type": "product_viewed", "customer": life.id, "at": now.isoformat(), "data": {"product": "cd"}}
            self.call("POST", "/v1/events", 202, json={"events": [seen]})
            word = {"state": "granted", "how": "phone", "wording": f"Yes, says {life.first_name}"}
            self.call("PUT", f"/v1/customers/{life.id}/consents/sms", json=word)
            self.call("PATCH", f"/v1/customers/{life.id}", json={"attributes": {"nick": life.first_name}})
            points = {"amount": 5, "reason": f"for {life.last_name}"}
            self.call("POST", f"/v1/customers/{life.id}/points", 201, json=points)
        self.work()

    def write(self) -> str:
        """Launch a campaign over both channels, and hear back; the campaign's id."""
        for life in self.lives[1::2]:
            self.call("PATCH", f"/v1/customers/{life.id}", json={"preferred": ["sms"]})
        campaign = draft(self.services, template="give", offer="fifth", referral_programme="friends")
        self.services.launcher.launch(campaign.id)
        self.work()
        assert self.services.campaigns.get(campaign.id).state is not CampaignState.DRAFT
        self._hear()
        return campaign.id

    def _hear(self) -> None:
        now = self.services.clock.now()
        mailed = [letter for letter in self.sandbox.accepted() if "@" in letter["address"]]
        told = [
            {"message": one["message"], "event": event} for one in mailed for event in ("delivered", "open", "click")
        ]
        said = [
            {"from": life.phone, "to": "+15005550006", "text": "STOP" if life.number % 4 == 1 else self._words(life)}
            for life in self.lives[1::2]
        ]
        for hook in self.sandbox.hooks(now, told):
            self.services.webhooks.receive("email", hook)
        for hook in self.sandbox.hooks(now, replies=said):
            self.services.webhooks.receive("sms", hook)
        self.services.receipts.take()

    def redeem(self) -> None:
        """Use the codes, and send a friend: each is the friend of the one before."""
        codes = {one["customer"]: one["_id"] for one in self.services.database["vouchers"].find({"offer": "fifth"})}
        for life in self.lives:
            order = {"id": f"r{life.number}", "total": PRICE, "lines": []}
            key = {"Idempotency-Key": f"redeem-{life.number}"}
            used = {"customer_id": life.id, "order": order}
            self.call("POST", f"/v1/vouchers/{codes[life.id]}/redeem", json=used, headers=key)
        ids = [life.id for life in self.lives]
        shared = self.call("POST", "/v1/referral-programmes/friends/codes", 201, json={"customers": ids})["data"]
        for friend, code in zip(self.lives[1:], [one["code"] for one in shared], strict=False):
            sent = {"customer_id": friend.id, "email": friend.email, "phone": friend.phone}
            order = {"id": f"f{friend.number}", "total": PRICE, "lines": []}
            body = {"friend": sent, "order": order, "device": f"device of {friend.first_name}"}
            answer = self._client.post(f"/v1/referrals/{code}/redeem", json=body)
            assert answer.status_code in (200, 409), answer.get_json()
            self._client.get(f"/r/{code}", headers={"User-Agent": AGENT})
        for life in self.lives:
            wanted = {"customer": life.id, "template": "thanks"}
            self._client.post("/v1/messages", json=wanted)  # queued, and not worked on; refused where they said STOP
            self._client.get(f"/v1/customers/{life.id}/timeline")
            self._client.get(f"/v1/customers?email={life.email}")
        self.services.events.pump()

    @staticmethod
    def _words(life: Life) -> str:
        return f"I am {life.first_name} {life.last_name}, write to {life.email}"


def _everyone(now: datetime) -> Segment:
    return Segment(id="all", name="All", rules={"rule": "everyone"}, created_at=now, updated_at=now)


def hits(database: Mongo, traces: Iterable[str]) -> list[str]:
    """Where in a database any of these texts stands, in a key, a text or bytes, as they are or compressed."""
    wanted = re.compile("|".join(re.escape(trace) for trace in traces), re.IGNORECASE)
    found: list[str] = []
    for collection in database.list_collection_names():
        for document in database[collection].find({}):
            for path, text in strings(document):
                if wanted.search(text):
                    found.append(f"{collection}.{path}: {text[:120]}")
    return found


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a document, and where."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{path}.{name}", str(name)
            yield from strings(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, f"{path}[]")
    elif isinstance(value, bytes):
        yield path, value.decode("latin-1")
        for wbits in (15, 31, -15):
            try:
                yield path, zlib.decompress(value, wbits).decode("latin-1")
            except zlib.error:
                continue
    else:
        yield path, str(value)

"""Surveys: asked after a delivery, answered on a page or by a reply, once; a low answer is an incident."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from campaigns.surveys.results import csat, nps
from common.settings import Settings
from content.survey_words import NAME, TEMPLATE, content
from content.templates import Template, check_content
from messaging.channel import Reply
from tests.api.conftest import Call
from tests.journeys.shop import Bench, draft
from tests.support.care import Troubled, everybody
from tests.support.clock import ManualClock
from wiring import Services


@pytest.fixture
def services(settings: Settings, clock: ManualClock) -> Iterator[Services]:
    services = Services(settings, clock, Bench())
    yield services
    services.close()


@pytest.fixture
def shop(services: Services, clock: ManualClock) -> Troubled:
    shop = Troubled(services, clock, rules=[])
    words = {channel: {"en": content()[channel]["en"]} for channel in ("email", "sms")}
    services.templates.put(Template(id=TEMPLATE, name=NAME, content=words))
    return shop


def asked(shop: Troubled, *numbers: int) -> list[str]:
    """The pages of customers whose orders arrived yesterday, and who were asked about them."""
    for number in numbers:
        shop.order(f"o{number}", f"c{number}")
        shop.happens(f"o{number}", "delivered")
    shop.settle()
    shop.services.surveying.react()
    assert shop.services.surveying.ask_due() == 0
    shop.clock.advance(86_400)
    for _ in range(2):
        shop.services.surveying.react()
        shop.services.surveying.ask_due()
    shop.settle()
    found = shop.services.database["messages"].find({"data.survey": {"$exists": True}}).sort("customer", 1)
    return [one["data"]["values"]["survey"]["link"].removeprefix("http://shop.test") for one in found]


def you_said_we_did(shop: Troubled, call: Call) -> list[str]:
    """Tell those who gave low answers what was changed because of them: the customers who got the letter."""
    rules = {"rule": "survey_answer", "survey": "nps", "at_most": 6}
    call("POST", "/v1/segments", json={"id": "said", "name": "Said it was late", "rules": rules})
    letter = {
        "subject": "You said, we did",
        "html": "<p>You told us that parcels come late. They go out by noon now.</p>",
    }
    call("PUT", "/v1/templates/did", json={"name": "We did", "content": {"email": {"en": letter}}})
    body = {"name": "You said, we did", "segment": "said", "template": "did", "purpose": "service"}
    made = call("POST", "/v1/campaigns", json=body).get_json()
    assert call("POST", f"/v1/campaigns/{made['id']}/launch").status_code == 202
    shop.settle()
    sent = call("GET", f"/v1/campaigns/{made['id']}/messages").get_json()["data"]
    return [one["customer"] for one in sent if one["state"] == "accepted"]


def test_a_question_after_a_delivery_is_answered_once_and_adds_up(shop: Troubled, call: Call, web: FlaskClient) -> None:
    body = {"id": "nps", "name": "Delivered", "after": "order_delivered"}
    assert call("POST", "/v1/surveys", json=body).status_code == 201
    assert call("POST", "/v1/surveys", json=body).status_code == 409
    shop.customers(1, 2, 3)
    everybody(shop.services)
    invite = draft(shop.services, trigger={"kind": "survey_answered", "survey": "nps", "at_least": 9})
    shop.services.launcher.launch(invite.id)
    pages = asked(shop, 1, 2, 3)
    assert len(pages) == 3
    assert "Answer from 0 to 10" in shop.letters("c1")[-1]["html"]
    shown = web.get(pages[0])
    assert (shown.status_code, shown.get_data(as_text=True).count('name="score"')) == (200, 11)
    assert "How likely are you to recommend Harbour Records to a friend?" in shown.get_data(as_text=True)
    for nonsense in ({}, {"score": "11"}, {"score": "-1"}, {"score": "٣"}, {"score": "1e1"}):
        assert web.post(pages[0], data=nonsense).status_code == 422
    assert shop.services.database["survey_answers"].count_documents({}) == 0
    assert web.post(pages[0], data={"score": "10", "comment": "=Lovely"}).status_code == 200
    assert "Your answer, 10," in web.post(pages[0], data={"score": "2"}).get_data(as_text=True)
    assert "Your answer, 10," in web.get(pages[0]).get_data(as_text=True)
    web.post(pages[1], data={"score": "3", "comment": "Late <script>"})
    assert web.get("/s/made-up").status_code == 404
    shop.settle()
    told = call("GET", "/v1/surveys/nps/results").get_json()
    assert (told["asked"], told["answered"], told["distribution"]) == (3, 2, {"3": 1, "10": 1})
    assert (told["nps"]["value"], told["csat"], told["mean"], len(told["days"])) == (0, None, 6.5, 1)
    rows = call("GET", "/v1/surveys/nps/answers?commented=true", headers={"Accept": "text/csv"})
    assert "'=Lovely" in rows.get_data(as_text=True)
    [incident] = call("GET", "/v1/incidents").get_json()["data"]
    assert (incident["cause"], incident["source"], incident["cases"]) == ("unhappy", "survey", {"open": 1})
    [case] = call("GET", "/v1/incidents/calls").get_json()["data"]
    assert (case["customer_id"], case["order_id"], case["why_call"]) == ("c2", "o2", "unhappy")
    shop.services.events.pump()
    shop.services.schedule.react()
    shop.settle()
    invited = shop.services.database["messages"].find({"campaign": invite.id})
    assert [one["customer"] for one in invited] == ["c1"]
    assert you_said_we_did(shop, call) == ["c2"]
    later = shop.clock.now() + timedelta(days=1)
    shop.order("again", "c1", placed_at=later - timedelta(days=2))
    shop.happens("again", "delivered")
    shop.settle()
    shop.services.surveying.react()
    shop.clock.advance(86_401)
    shop.services.surveying.ask_due()
    skipped = shop.services.database["survey_askings"].find_one({"order": "again"})
    assert (skipped or {})["reason"] == "asked_lately"
    shop.services.eraser.erase("c2")
    assert [one["comment"] for one in call("GET", "/v1/surveys/nps/answers").get_json()["data"]] == ["", "=Lovely"]


def test_a_number_that_is_written_back_is_an_answer(shop: Troubled, call: Call) -> None:
    services = shop.services
    call("POST", "/v1/surveys", json={"id": "care", "name": "Care", "scale": "1-5", "low": 1})
    shop.customers(1, preferred=["sms"])
    made = call("POST", "/v1/surveys/care/ask", json={"customer_id": "c1"})
    assert made.status_code == 202
    shop.settle()
    assert "Answer with a number from 1 to 5" in shop.letters("c1")[0]["text"]

    def said(key: str, text: str) -> list[str]:
        reply = Reply(key=key, address="+12125550001", to="", text=text, at=services.clock.now() + timedelta(minutes=1))
        return [words for _, words in services.conversation.hear("sms", [reply])]

    assert said("r1", "What is this?") == []
    assert said("r2", "6") == []
    assert said("r3", " 4/5, quick and kind ") == ["Thank you. A person reads what you told us."]
    assert said("r3", " 4/5, quick and kind ") == []
    assert said("r4", "1") == []
    [answer] = call("GET", "/v1/surveys/care/answers").get_json()["data"]
    assert (answer["score"], answer["comment"], answer["via"]) == (4, "quick and kind", "reply")
    told = call("GET", "/v1/surveys/care/results").get_json()
    assert (told["csat"]["value"], told["nps"]) == (100, None)
    changed = call("PATCH", "/v1/surveys/care", json={"active": False, "low": 9})
    assert list(changed.get_json()["errors"]) == ["low"]
    assert call("PATCH", "/v1/surveys/care", json={"active": False}).get_json()["active"] is False


def test_the_figures_are_those_of_their_sources_and_our_words_may_stand() -> None:
    score = nps({10: 60, 8: 20, 3: 20})
    assert score is not None
    assert (score.value, round(score.low or 0, 1), round(score.high or 0, 1)) == (40.0, 23.4, 54.3)
    content_ = csat({5: 8, 4: 1, 1: 1})
    assert content_ is not None
    assert (content_.value, round(content_.low or 0, 1), round(content_.high or 0, 1)) == (90.0, 59.6, 98.2)
    assert (nps({}), csat({})) == (None, None)
    check_content(content())

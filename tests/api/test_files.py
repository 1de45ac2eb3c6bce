"""Lists as CSV are read to their end, which is after the request: nothing in them may need what ended with it."""

from collections.abc import Iterator

import pytest
from flask import Flask

from api.context import provide
from campaigns.surveys.survey import Answer, Survey
from common.settings import Settings
from loyalty.offer import Offer
from loyalty.programme import ReferralProgramme
from loyalty.referral import Friend
from tests.api.conftest import Call
from tests.journeys.shop import Bench, draft
from tests.loyalty.makers import basket
from tests.support.care import Troubled, everybody
from tests.support.clock import ManualClock
from wiring import Services

FILE = {"Accept": "text/csv"}
# What the night works out, journeys and what a gate refused have no row in this shop; nothing else may have none.
EMPTY = {
    "/v1/campaigns/{campaign_id}/journeys",
    "/v1/campaigns/{campaign_id}/refusals",
    "/v1/points/liability",
    "/v1/report",
    "/v1/segments/{segment_id}/moves",
}


@pytest.fixture
def services(settings: Settings, clock: ManualClock) -> Iterator[Services]:
    services = Services(settings, clock, Bench())
    yield services
    services.close()


def test_every_list_is_read_to_its_end_as_a_file(
    services: Services, clock: ManualClock, app: Flask, call: Call
) -> None:
    provide(app, services)
    filled, empty = world(services, clock) | {"job_id": job_with_an_error(services, call)}, set()
    for path, operations in call("GET", "/openapi.json").get_json()["paths"].items():
        answers = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        if "text/csv" not in answers:
            continue
        asked = path.format_map(filled) + ("?of=planned" if path.endswith("/people") else "")
        answer = call("GET", asked, headers=FILE)
        assert answer.status_code == 200, (asked, answer.get_data(as_text=True))
        # What comes after the first lot is asked for when the request is over.
        if len(answer.get_data(as_text=True).splitlines()) < 2:
            empty.add(path)
    assert empty == EMPTY


def job_with_an_error(services: Services, call: Call) -> str:
    """The id of an import of which one row was refused."""
    rows = "order_id,customer_id,placed_at,product_id,quantity,unit_price,currency\no5,c1,soon,cd,1,9.00,EUR\n"
    job = call("POST", "/v1/imports/orders", data=rows, content_type="text/csv").get_json()["id"]
    services.importer.run(job)
    return str(job)


def world(services: Services, clock: ManualClock) -> dict[str, str]:
    """Something of all that is listed; the ids by which the paths name it."""
    shop, now = Troubled(services, clock, call_from=1), clock.now()
    shop.customers(1, 2)
    everybody(services)
    for number in (1, 2):
        shop.order(f"o{number}", f"c{number}")
    shop.happens("o1", "damaged")
    shop.settle()
    assert services.cases.want(shop.case("o1", "damaged"), "refund")
    services.offers.add(
        Offer(id="tenth", name="Tenth", kind="percent", settings={"percent": 10}, created_at=now, updated_at=now)
    )
    services.vouchers.redeem(services.vouchers.mint("tenth", {"x": "c1"})["x"], "c1", basket("o1"))
    services.programmes.add(
        ReferralProgramme(
            id="friends", name="Friends", friend_offer="tenth", advocate_offer="tenth", seed="s", created_at=now
        )
    )
    code = services.referrals.codes_for("friends", ["c1"])["c1"]
    referral = services.referrals.redeem(code, Friend(customer_id="new", email="new@example.com"), basket("o9"))
    services.referrals.note(referral.id, "somebody", "Looks well")
    services.surveys.add(Survey(id="nps", name="NPS", scale="0-10", created_at=now))
    services.survey_answers.keep(Answer(message="m", survey="nps", customer="c1", score=9, at=now))
    campaign = draft(services)
    services.launcher.launch(campaign.id)
    shop.settle()
    [incident] = services.incidents.page("", 9)
    return {
        "offer_id": "tenth", "survey_id": "nps", "segment_id": "all", "campaign_id": campaign.id,
        "customer_id": "c1", "incident_id": incident.id,
    }  # fmt: skip

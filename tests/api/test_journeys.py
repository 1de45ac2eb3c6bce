"""Steps and journeys over the API: set up, listed, exported, told in a history; what makes no sense refused."""

from typing import Any

from flask.testing import FlaskClient

from campaigns.occasion import Occasion
from tests.journeys.shop import open_shop, someone
from tests.support.clock import START, ManualClock
from wiring import Services

BODY: dict[str, Any] = {
    "name": "Welcome",
    "template": "miss",
    "trigger": {"kind": "first_order"},
    "steps": [{}, {"wait_minutes": 2_880, "channels": ["sms"], "if_previous": "not_opened"}],
    "journey": {"exits": ["replied"], "reentry": "after", "reentry_days": 30, "every_hours": 24},
}


def test_steps_are_set_up_and_journeys_listed_as_pages_a_file_and_in_the_customers_history(
    client: FlaskClient, services: Services, clock: ManualClock
) -> None:
    open_shop(services, [someone(number, START) for number in (1, 2)])
    made = client.post("/v1/campaigns", json=BODY).get_json()
    assert made["steps"][1]["channels"] == ["sms"]
    assert made["journey"] == BODY["journey"]
    campaign = services.launcher.launch(made["id"])
    told = [Occasion(customer=one, key="o", since=START) for one in ("c1", "c2")]
    assert services.entrance.enter(campaign, told) == 2
    services.mover.move()
    path = f"/v1/campaigns/{campaign.id}/journeys"
    first = client.get(path, query_string={"limit": 1}).get_json()
    second = client.get(path, query_string={"limit": 1, "after": first["next"]}).get_json()
    listed = [*first["data"], *second["data"]]
    assert sorted((one["customer"], one["state"], one["step"]) for one in listed) == [
        ("c1", "going", 1),
        ("c2", "going", 1),
    ]
    assert second["next"] is None
    assert services.entrance.enter(campaign, [Occasion(customer="c1", key="another", since=START)]) == 0
    refused = client.get(f"/v1/campaigns/{campaign.id}/refusals", query_string={"customer": "c1"}).get_json()["data"]
    assert [(one["customer"], one["key"], one["reason"]) for one in refused] == [("c1", "another", "inside")]
    table = client.get(f"/v1/campaigns/{campaign.id}/refusals", headers={"Accept": "text/csv"}).get_data(as_text=True)
    assert table.splitlines()[1].endswith(",c1,another,2026-03-02T10:00:00.000Z,inside")
    assert client.get(path, query_string={"state": "ended"}).get_json()["data"] == []
    file = client.get(path, headers={"Accept": "text/csv"}).get_data(as_text=True)
    assert file.splitlines()[0].startswith("id,customer,state,why,number,step")
    assert len(file.splitlines()) == 3
    services.launcher.cancel(campaign.id)
    ended = client.get(path, query_string={"why": "cancelled"}).get_json()["data"]
    assert {one["ended_at"] for one in ended} == {"2026-03-02T10:00:00.000Z"}
    history = client.get("/v1/customers/c1/timeline", query_string={"type": "campaign"}).get_json()["data"]
    assert {one["text"] for one in history} == {
        f"Entered the campaign {campaign.id}.",
        f"Came to the end of the campaign {campaign.id}: cancelled.",
    }


def test_a_dry_run_tells_of_each_step_whom_it_could_reach(client: FlaskClient, services: Services) -> None:
    open_shop(services, [someone(1, START), someone(2, START, addresses={"email": ["ben@example.com"]})])
    made = client.post("/v1/campaigns", json={**BODY, "segment": "all"}).get_json()
    told = client.post(f"/v1/campaigns/{made['id']}/dry-run").get_json()["steps"]
    assert told == [
        {"step": 0, "after_minutes": 0, "template": "miss", "offer": "", "reachable": {"email": 2}},
        {"step": 1, "after_minutes": 2_880, "template": "miss", "offer": "", "reachable": {"sms": 1}},
    ]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"trigger": {"kind": "recurring", "cron": "0 0 30 2 *"}, "segment": "all"}, "trigger.cron"),
    ({"trigger": {"kind": "recurring", "cron": "* * * * *"}, "segment": "all"}, "trigger.cron"),
    ({"trigger": {"kind": "recurring", "cron": "* * * * * *"}, "segment": "all"}, "trigger.cron"),
    ({"trigger": {"kind": "recurring", "cron": "0 * * * *", "zone": "customer"}, "segment": "all"}, "trigger.cron"),
    ({"trigger": {"kind": "voucher_unused"}}, "trigger.after_days"),
    ({"trigger": {"kind": "birthday", "days_before": -1}}, "trigger.days_before"),
    ({"trigger": {"kind": "site_event", "type": "order_placed"}}, "trigger.type"),
    ({"steps": [{"if_previous": "opened"}]}, "steps.0.if_previous"),
    ({"steps": [{"template": "gone"}]}, "steps.0.template"),
    ({"steps": [{}, {"segment": "gone"}]}, "steps.1.segment"),
    ({"steps": [{"wait_minutes": -1}]}, "steps.0.wait_minutes"),
    ({"steps": [{}] * 21}, "steps"),
    ({"journey": {"exits": ["left_segment"]}}, "journey.exits"),
    ({"journey": {"reentry": "after"}}, "journey.reentry_days"),
    ({"journey": {"reentry_days": 3}}, "journey.reentry_days"),
]


def test_what_makes_no_sense_is_refused_by_its_field_when_it_is_saved(client: FlaskClient, services: Services) -> None:
    open_shop(services, [])
    for change, field in WRONG:
        answer = client.post("/v1/campaigns", json={**BODY, **change})
        assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field]), change

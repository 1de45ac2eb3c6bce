"""Progress: counted, with a speed, and as a stream that ends."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from flask.testing import FlaskClient

from campaigns.campaign import Campaign, CampaignState
from campaigns.progress import Doors, Progress, stream
from campaigns.run import Run, RunState
from messaging.message import State
from tests.support.clock import ManualClock
from tests.support.office import Office
from wiring import Services

FAR = Progress(
    campaign="c",
    state="running",
    at=datetime(2026, 3, 2, tzinfo=UTC),
    planning=False,
    planned=10,
    states={"queued": 10},
    open=10,
    done=0,
    per_second=0.0,
    seconds_left=None,
    no_receipt=0,
)


class Tape:
    """What is told one after another, the last for ever, on a clock that only sleeping moves."""

    def __init__(self, *told: Progress) -> None:
        self.told = list(told)
        self.now = 0.0

    def tell(self) -> Progress:
        return self.told.pop(0) if len(self.told) > 1 else self.told[0]

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def play(self, doors: Doors) -> Iterator[str]:
        return stream(self.tell, doors, self.sleep, lambda: self.now)


def after(**changes: object) -> Progress:
    return msgspec.structs.replace(FAR, **changes)


def told(client: FlaskClient) -> dict[str, Any]:
    answer: dict[str, Any] = client.get("/v1/campaigns/campaign/progress").get_json()
    return answer


def test_progress_tells_states_speed_and_the_time_left_over_the_api(
    services: Services, clock: ManualClock, client: FlaskClient
) -> None:
    office = Office(services, clock)
    campaign = Campaign(id="campaign", name="C", template="t", state=CampaignState.RUNNING, version=0)
    services.campaigns.save(campaign)
    services.runs.open(
        Run(id="run", campaign=campaign, occurrence="launch", state=RunState.SENDING, started_at=clock.now())
    )
    batch = office.plan(*[f"c{number}" for number in range(10)])
    assert told(client)["states"] == {"queued": 10}
    services.database["messages"].update_many(
        {"customer": {"$lt": "c4"}}, {"$set": {"state": State.ACCEPTED.value, "state_at": clock.now()}}
    )
    clock.advance(2)
    said = told(client)
    assert said["states"] == {"accepted": 4, "queued": 6}
    assert (said["planned"], said["open"], said["done"], said["no_receipt"]) == (10, 6, 4, 0)
    assert (said["per_second"], said["seconds_left"]) == (2.0, 3.0)
    office.delivery.deliver(batch.id)
    services.campaigns.move("campaign", [CampaignState.RUNNING], CampaignState.FINISHED)
    clock.advance(73 * 3_600)
    answer = client.get("/v1/campaigns/campaign/progress", headers={"Accept": "text/event-stream"})
    assert answer.content_type == "text/event-stream"
    assert "event: end" in answer.text
    assert '"no_receipt": 10' in answer.text
    assert client.get("/v1/campaigns/none/progress", headers={"Accept": "text/event-stream"}).status_code == 404


def test_a_stream_speaks_with_each_change_and_ends_with_the_campaign() -> None:
    gone = after(states={"accepted": 10}, open=0, done=10, state="finished")
    said = list(Tape(FAR, FAR, after(states={"queued": 5, "accepted": 5}), gone).play(Doors(1)))
    assert [line.partition("\n")[0] for line in said] == [
        "retry: 2000",
        "event: progress",
        "event: progress",
        "event: end",
    ]


def test_a_stream_in_which_nothing_happens_has_heartbeats_and_ends_after_a_minute() -> None:
    tape, doors = Tape(FAR), Doors(1)
    said = list(tape.play(doors))
    assert said[2:] == [": still here\n\n"] * 4
    assert tape.now == 60
    assert doors.enter()


def test_where_too_many_watch_a_stream_ends_after_its_first_event() -> None:
    doors = Doors(1)
    first = Tape(FAR).play(doors)
    for _ in range(3):
        next(first)
    assert len(list(Tape(FAR).play(doors))) == 2
    first.close()  # type: ignore[attr-defined]  # a generator, whose reader went away
    assert len(list(Tape(FAR).play(doors))) > 2


def test_what_takes_long_to_count_is_counted_seldom() -> None:
    now, slept = [0.0], []

    def count() -> Progress:
        now[0] += 2
        return FAR

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    list(stream(count, Doors(1), sleep, lambda: now[0]))
    assert slept == [1.0, 20.0, 20.0, 20.0]

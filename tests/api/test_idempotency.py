"""One key, one effect, one answer; whatever is sent at once, again, later or after a crash."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask, Response, request

from api.app import create_app
from api.auth import scope
from api.bodies import streamed
from api.idempotency import HEADER, REPLAYED, operation_id
from common.errors import Unavailable
from common.idempotency import Answer, Claim, InFlight
from storage.mongo import Mongo
from tests.api.conftest import Call
from tests.support.clock import ManualClock
from wiring import Services

NEW_KEY = {"name": "till", "scopes": ["read"]}


class Routes:
    """A few routes that a test can hold, fail, or feed a stream."""

    def __init__(self) -> None:
        self.count = 0
        self.ids: list[str] = []
        self.hold: threading.Event | None = None
        self.entered = threading.Event()
        self.fail: Exception | None = None

    @scope("read")
    def act(self) -> dict[str, int]:
        self.count += 1
        self.ids.append(operation_id())
        self.entered.set()
        if self.hold is not None:
            self.hold.wait(10)
        if self.fail is not None:
            raise self.fail
        return {"count": self.count}

    def take(self) -> Response:
        self.count += 1
        taken = 0
        while data := request.stream.read(1 << 16):
            taken += len(data)
        return Response(str(taken), 202)

    def half(self) -> Response:
        self.count += 1
        request.stream.read(10)
        return Response("no", 422)


@pytest.fixture
def routes() -> Routes:
    return Routes()


@pytest.fixture
def app(services: Services, routes: Routes) -> Flask:
    app = create_app(services)
    app.add_url_rule("/v1/act", view_func=scope("read")(lambda: routes.act()), endpoint="act", methods=["POST"])
    app.add_url_rule("/v1/other", view_func=scope("read")(lambda: routes.act()), endpoint="other", methods=["POST"])
    for name, view in (("take", routes.take), ("half", routes.half)):
        marked = streamed(scope("read")(lambda view=view: view()))
        app.add_url_rule(f"/v1/{name}", view_func=marked, endpoint=name, methods=["POST"])
    return app


def keyed(key: str, **settings: Any) -> dict[str, Any]:
    return {"headers": {HEADER: key}, **settings}


def test_the_same_key_a_hundred_times_has_one_effect_and_one_answer(call: Call, routes: Routes) -> None:
    answers = [call("POST", "/v1/act", **keyed("k", json={"a": 1})) for _ in range(100)]
    assert routes.count == 1
    assert {(answer.status_code, answer.get_data()) for answer in answers} == {(200, answers[0].get_data())}
    assert [REPLAYED in answer.headers for answer in answers] == [False] + [True] * 99


def test_another_body_another_route_and_another_query_are_refused(call: Call, routes: Routes) -> None:
    call("POST", "/v1/act", **keyed("k", json={"a": 1}))
    for path, body in (("/v1/act", {"a": 2}), ("/v1/other", {"a": 1})):
        answer = call("POST", path, **keyed("k", json=body))
        assert answer.status_code == 422
        assert list(answer.get_json()["errors"]) == [HEADER]
    assert routes.count == 1


def test_a_key_belongs_to_its_api_key(call: Call, services: Services, routes: Routes) -> None:
    other = services.keys.create("other", ["read"])[1]
    call("POST", "/v1/act", **keyed("k"))
    answer = call("POST", "/v1/act", headers={HEADER: "k", "Authorization": f"Bearer {other}"})
    assert REPLAYED not in answer.headers
    assert routes.count == 2


def test_a_second_one_while_the_first_is_at_work_is_told_to_wait(app: Flask, call: Call, routes: Routes) -> None:
    routes.hold = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(call, "POST", "/v1/act", **keyed("k"))
        assert routes.entered.wait(10)
        second = call("POST", "/v1/act", **keyed("k"))
        routes.hold.set()
        assert first.result().status_code == 200
    assert second.status_code == 409
    assert second.get_json()["reason"] == "in_progress"
    assert int(second.headers["Retry-After"]) >= 1
    assert call("POST", "/v1/act", **keyed("k")).headers[REPLAYED] == "true"
    assert routes.count == 1


def test_many_at_once_have_one_effect(app: Flask, call: Call, routes: Routes) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: call("POST", "/v1/act", **keyed("k")), range(64)))
    assert routes.count == 1
    assert {answer.status_code for answer in answers} <= {200, 409}


def test_our_own_failures_are_not_kept(call: Call, routes: Routes) -> None:
    routes.fail = Unavailable("away")
    assert call("POST", "/v1/act", **keyed("k")).status_code == 503
    routes.fail = RuntimeError("a mistake")
    assert call("POST", "/v1/act", **keyed("k")).status_code == 500
    routes.fail = None
    assert call("POST", "/v1/act", **keyed("k")).status_code == 200
    assert len(set(routes.ids)) == 1  # what it creates has the same id each time


def test_a_crashed_first_attempt_is_taken_over_when_its_lease_is_out(
    services: Services, clock: ManualClock, database: Mongo
) -> None:
    answers = services.answers
    assert isinstance(answers.claim("k", "f", 60), Claim)  # and then the process dies
    assert answers.claim("k", "f", 60) == InFlight(fingerprint="f")
    clock.advance(61)
    assert answers.claim("k", "another body", 60) == InFlight(fingerprint="f")
    taken = answers.claim("k", "f", 60)
    assert isinstance(taken, Claim)
    assert isinstance(answers.claim("k", "f", 60), InFlight)


def test_an_attempt_that_lost_its_claim_keeps_nothing(services: Services, clock: ManualClock) -> None:
    answers = services.answers
    late = answers.claim("k", "f", 60)
    clock.advance(61)
    winner = answers.claim("k", "f", 60)
    assert isinstance(late, Claim)
    assert isinstance(winner, Claim)
    answers.keep(late, Answer(fingerprint="f", status=200, headers={}, body=b"late"))
    answers.release(late)
    answers.keep(winner, Answer(fingerprint="f", status=200, headers={}, body=b"winner"))
    kept = answers.claim("k", "f", 60)
    assert isinstance(kept, Answer)
    assert kept.body == b"winner"


def test_an_answer_is_kept_for_a_day_by_its_date_and_then_swept(
    call: Call, routes: Routes, services: Services, clock: ManualClock, database: Mongo
) -> None:
    call("POST", "/v1/act", **keyed("old"))
    clock.advance(86_399)
    assert REPLAYED in call("POST", "/v1/act", **keyed("old")).headers
    call("POST", "/v1/act", **keyed("new"))
    clock.advance(2)
    assert services.answers.sweep() == 1
    assert services.answers.sweep() == 0
    assert database["idempotency"].count_documents({}) == 1
    call("POST", "/v1/act", **keyed("old"))
    assert routes.count == 3


def test_an_expired_answer_is_not_given_even_before_it_is_swept(call: Call, routes: Routes, clock: ManualClock) -> None:
    call("POST", "/v1/act", **keyed("k", json={"a": 1}))
    clock.advance(86_401)
    assert REPLAYED not in call("POST", "/v1/act", **keyed("k", json={"a": 2})).headers
    assert routes.count == 2


def test_a_streamed_body_counts_as_a_body(call: Call, routes: Routes) -> None:
    body = b"a,b\n" * 100_000
    first = call("POST", "/v1/take", **keyed("k", data=body, content_type="text/csv"))
    assert (first.status_code, first.get_data()) == (202, b"400000")
    again = call("POST", "/v1/take", **keyed("k", data=body, content_type="text/csv"))
    assert again.headers[REPLAYED] == "true"
    assert again.get_data() == b"400000"
    other = call("POST", "/v1/take", **keyed("k", data=body[:-4] + b"x,y\n", content_type="text/csv"))
    assert other.status_code == 422
    assert routes.count == 1


def test_a_stream_that_was_not_read_to_its_end_leaves_no_answer(call: Call, routes: Routes) -> None:
    settings = keyed("k", data=b"x" * 1_000_000, content_type="text/csv")
    assert call("POST", "/v1/half", **settings).status_code == 422
    assert REPLAYED not in call("POST", "/v1/half", **settings).headers
    assert routes.count == 2


def test_what_is_kept_cannot_be_read_without_the_callers_key(call: Call, database: Mongo) -> None:
    made = call("POST", "/v1/keys", **keyed("secret-of-the-caller", json=NEW_KEY)).get_json()
    kept = repr(list(database["idempotency"].find()))
    assert "answer" in kept
    for text in (made["key"], made["id"], "till", "secret-of-the-caller"):
        assert text not in kept


@pytest.mark.parametrize("key", ["", "x" * 256, "snow☃", "a\tb", "a b"])
def test_a_key_that_is_no_key_is_refused(call: Call, key: str) -> None:
    answer = call("POST", "/v1/keys", headers={HEADER: key.encode().decode("latin-1")}, json=NEW_KEY)
    assert answer.status_code == 422
    assert HEADER in answer.get_json()["errors"]

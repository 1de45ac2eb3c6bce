"""A key may make so many requests and no more, in all processes together."""

from collections.abc import Callable

import msgspec
from flask.testing import FlaskClient

from common.settings import Settings
from wiring import Services

Start = Callable[[Settings], FlaskClient]


def test_one_key_too_often_is_told_to_wait_and_others_are_not(
    settings: Settings, services: Services, start: Start
) -> None:
    limited = msgspec.structs.replace(settings, environment={"ENCORE_RATE_LIMIT": "3 per hour"})
    mine, theirs = (services.keys.create(name, ["admin"])[1] for name in ("mine", "theirs"))
    processes = [start(limited) for _ in range(2)]

    def status(process: int, secret: str) -> int:
        return processes[process].get("/v1/keys", headers={"Authorization": f"Bearer {secret}"}).status_code

    assert [status(process, mine) for process in (0, 1, 0, 1)] == [200, 200, 200, 429]
    assert status(0, theirs) == 200
    refused = processes[0].get("/v1/keys", headers={"Authorization": f"Bearer {mine}"})
    assert refused.content_type == "application/problem+json"
    assert 1 <= int(refused.headers["Retry-After"]) <= 3600
    assert processes[0].get("/healthz").status_code == 200


def test_without_redis_each_process_counts_for_itself(settings: Settings, services: Services, start: Start) -> None:
    away = msgspec.structs.replace(
        settings, redis_url="redis://127.0.0.1:1/0", environment={"ENCORE_RATE_LIMIT": "2 per hour"}
    )
    headers = {"Authorization": f"Bearer {services.keys.create('a', ['admin'])[1]}"}
    web = start(away)
    assert [web.get("/v1/keys", headers=headers).status_code for _ in range(3)] == [200, 200, 429]

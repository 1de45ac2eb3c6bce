"""The doorbell: whoever rings does not wait for a Redis that says nothing, and is told that it was silent."""

import socket

import msgspec

from common.settings import Settings
from storage.doorbell import RqDoorbell, redis_of


def test_a_redis_that_takes_connections_and_says_nothing_holds_nobody_up(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        silent = msgspec.structs.replace(settings, redis_url=f"redis://127.0.0.1:{port}/0")
        redis = redis_of(silent)
        bell = RqDoorbell(redis, silent)
        assert not bell.ring("sweep")
        mute.settimeout(0)
        connections = 0
        while True:
            try:
                mute.accept()[0].close()
            except BlockingIOError:
                break
            connections += 1
        assert not any(bell.ring("sweep") for _ in range(100))
        try:
            mute.accept()
            again = True
        except BlockingIOError:
            again = False
        redis.close()
    assert connections >= 1
    assert not again, "it asked the silent server again at once"


def test_it_rings(settings: Settings) -> None:
    redis = redis_of(settings)
    bell = RqDoorbell(redis, settings)
    assert bell.ring("deliver", "batch", urgent=True)
    assert redis.llen(f"rq:queue:{settings.redis_prefix}-urgent") == 1
    redis.close()

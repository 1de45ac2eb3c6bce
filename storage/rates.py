"""Providers' rates, kept by all workers together: one queue a provider in Redis, by Redis's own clock."""

import logging

from redis import Redis
from redis.exceptions import RedisError

from common.settings import Settings

log = logging.getLogger(__name__)

# What may be handed over is due at a time; each hand-over moves it on by its letters' share of a second. Nothing is
# saved up: after a pause it is due now, not earlier. Microseconds, written out, since a number of Lua's as text loses
# its end.
_RESERVE = """
local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]
local due = math.max(now, tonumber(redis.call("GET", KEYS[1]) or "0"))
local wait = due - now
if wait <= tonumber(ARGV[2]) then
  local after = due + tonumber(ARGV[1])
  redis.call("SET", KEYS[1], string.format("%.0f", after), "PX", math.ceil((after - now) / 1000) + 1000)
end
return wait
"""
MICRO = 1_000_000
# Where Redis is away nobody knows what others hand over: nothing goes for so many seconds.
UNKNOWN = 5.0


class RedisRates:
    """Gives each hand-over its time; exact, whatever the workers' clocks say."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._prefix = f"{settings.redis_prefix}-rate-"
        self._reserve = redis.register_script(_RESERVE)

    def reserve(self, provider: str, letters: int, rate: float, patience: float) -> float:
        """The seconds to wait before so many letters may go; where that is beyond `patience`, nothing is reserved."""
        share, most = round(letters * MICRO / rate), round(patience * MICRO)
        try:
            waits: int = self._reserve(keys=[self._prefix + provider], args=[share, most])
        except RedisError as error:
            log.warning("rates.silent", extra={"provider": provider, "error": type(error).__name__})
            return patience + UNKNOWN
        return waits / MICRO

"""Rates kept by all workers together: one queue a provider, or a campaign, in Redis, by Redis's own clock."""

import logging

from redis import Redis
from redis.exceptions import RedisError

from common.settings import Settings
from messaging.pace import Granted

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
# Of a campaign's letters as many go as are due soon. The others are told when to ask again: a second queue, which only
# spreads the asking. What is not asked for in time is nobody's, so that nothing is saved up.
_GRANT = """
local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]
local wanted, apart, together = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local due = math.max(now, tonumber(redis.call("HGET", KEYS[1], "due") or "0"))
local granted = 0
if due - now <= together then
  granted = math.min(wanted, math.floor((together - (due - now)) / apart) + 1)
end
due = due + granted * apart
local again = math.max(due, tonumber(redis.call("HGET", KEYS[1], "again") or "0"))
local next = again + (wanted - granted) * apart
redis.call("HSET", KEYS[1], "due", string.format("%.0f", due), "again", string.format("%.0f", next))
redis.call("PEXPIRE", KEYS[1], math.ceil((math.max(due, next) - now) / 1000) + 1000)
return {granted, again - now}
"""
MICRO = 1_000_000
# Where Redis is away nobody knows what others hand over: nothing goes for so many seconds.
UNKNOWN = 5.0


class RedisRates:
    """Gives each hand-over its time; exact, whatever the workers' clocks say."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._prefix = f"{settings.redis_prefix}-rate-"
        self._reserve = redis.register_script(_RESERVE)
        self._grant = redis.register_script(_GRANT)

    def reserve(self, provider: str, letters: int, rate: float, patience: float) -> float:
        """The seconds to wait before so many letters may go; where that is beyond `patience`, nothing is reserved."""
        share, most = round(letters * MICRO / rate), round(patience * MICRO)
        try:
            waits: int = self._reserve(keys=[self._prefix + provider], args=[share, most])
        except RedisError as error:
            log.warning("rates.silent", extra={"provider": provider, "error": type(error).__name__})
            return patience + UNKNOWN
        return waits / MICRO

    def grant(self, campaign: str, letters: int, apart: float, together: float) -> Granted:
        """Let as many of these letters go as are due within `together` seconds, each `apart` seconds after the last."""
        args = [letters, round(apart * MICRO), round(together * MICRO)]
        try:
            granted, again = self._grant(keys=[f"{self._prefix}campaign:{campaign}"], args=args)
        except RedisError as error:
            log.warning("rates.silent", extra={"campaign": campaign, "error": type(error).__name__})
            return Granted(0, UNKNOWN)
        return Granted(granted, again / MICRO)

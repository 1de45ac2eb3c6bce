"""Tells a server that is away from a mistake of ours, for the doors, which may not know pymongo or redis."""

from pymongo.errors import AutoReconnect, BulkWriteError, ConnectionFailure, OperationFailure, PyMongoError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from common.errors import Unavailable

# "not primary", "shutdown in progress", "interrupted" … by MongoDB's error codes.
_PASSING = frozenset({6, 7, 89, 91, 189, 9001, 10107, 11600, 11602, 13435, 13436})

# "internal error", which is how a storage engine that could not write answers from then on, and "out of disk space".
_UNABLE = frozenset({1, 14031})


def as_unavailable(error: BaseException) -> Unavailable | None:
    """The outage that an error stands for, or None where it is something else."""
    if isinstance(error, Unavailable):
        return error
    if isinstance(error, (ConnectionFailure, AutoReconnect)):
        return Unavailable("MongoDB cannot be reached. Nothing was lost; try again shortly.")
    codes = _codes(error)
    if codes & _UNABLE:
        return Unavailable("MongoDB cannot write now; its disk may be full. Nothing was lost; try again later.")
    if codes & _PASSING:
        return Unavailable("MongoDB cannot take this now. Nothing was half done; try again shortly.")
    if isinstance(error, PyMongoError) and error.timeout:
        return Unavailable("MongoDB did not answer in time. Try again shortly.")
    if isinstance(error, (RedisConnectionError, RedisTimeoutError)):
        return Unavailable("Redis cannot be reached. Nothing was lost; try again shortly.")
    if isinstance(error, RedisError):
        return Unavailable("Redis cannot take this now. Try again shortly.")
    return None


def _codes(error: BaseException) -> set[int]:
    """The codes that MongoDB gave, of the writes in a bulk too."""
    if isinstance(error, BulkWriteError):
        details = error.details
        failures = [*details.get("writeErrors", []), *details.get("writeConcernErrors", [])]
        return {failure.get("code", 0) for failure in failures}
    return {error.code or 0} if isinstance(error, OperationFailure) else set()

"""Several small writes, one after the other, in one trip to the server: each waits for the one before to be done."""

from collections.abc import Sequence

import msgspec
from pymongo.errors import DuplicateKeyError, OperationFailure, WriteConcernError

from storage.mongo import Document, Mongo
from storage.writes import DUPLICATE_KEY

# What a server says that is older than MongoDB 8.
_UNKNOWN_COMMAND = 59


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """A document to insert; or, where there is an `update`, a change of the one document that `match` finds."""

    collection: str
    insert: Document = {}
    match: Document = {}
    update: Document = {}


def in_turn(database: Mongo, writes: Sequence[Write]) -> list[int]:
    """Do writes in their sequence; of each, whether it did something (1) or not (0).

    An insert whose id is taken ends it; an update that finds nothing does not. Raises what else goes wrong.
    """
    try:
        return together(database, writes)
    except OperationFailure as error:
        if error.code != _UNKNOWN_COMMAND:
            raise
        return apart(database, writes)


def together(database: Mongo, writes: Sequence[Write]) -> list[int]:
    """The same in one command, which the server must know: it came with MongoDB 8."""
    names = list(dict.fromkeys(one.collection for one in writes))
    command: Document = {
        "bulkWrite": 1,
        "ops": [_operation(one, names.index(one.collection)) for one in writes],
        "nsInfo": [{"ns": f"{database.name}.{name}"} for name in names],
        "ordered": True,
        "errorsOnly": False,
        "writeConcern": database.write_concern.document,
    }
    answer = database.client.admin.command(command)
    if failed := answer.get("writeConcernError"):
        raise WriteConcernError(failed["errmsg"], failed.get("code"), failed)
    done = [_count(one) for one in answer["cursor"]["firstBatch"]]
    return done + [0] * (len(writes) - len(done))


def apart(database: Mongo, writes: Sequence[Write]) -> list[int]:
    """The same in as many trips as there are writes."""
    done = [0] * len(writes)
    for place, one in enumerate(writes):
        if one.update:
            done[place] = database[one.collection].update_one(one.match, one.update).matched_count
            continue
        try:
            database[one.collection].insert_one(dict(one.insert))
        except DuplicateKeyError:
            break
        done[place] = 1
    return done


def _operation(write: Write, place: int) -> Document:
    if write.update:
        return {"update": place, "filter": write.match, "updateMods": write.update, "multi": False}
    return {"insert": place, "document": write.insert}


def _count(answer: Document) -> int:
    if answer["ok"]:
        return int(answer["n"])
    if answer["code"] == DUPLICATE_KEY:
        return 0
    raise OperationFailure(answer["errmsg"], answer["code"], answer)

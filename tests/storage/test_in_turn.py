"""Small writes in their sequence: done in one trip or in several, they come to the same."""

from collections.abc import Callable, Sequence

import pytest
from pymongo.errors import OperationFailure

from storage.in_turn import Write, apart, in_turn, together
from storage.mongo import Mongo
from wiring import Services

Way = Callable[[Mongo, Sequence[Write]], list[int]]


@pytest.mark.parametrize("way", [in_turn, together, apart])
def test_writes_are_done_in_their_sequence_up_to_an_id_that_is_taken(services: Services, way: Way) -> None:
    database = services.database
    database["two"].insert_one({"_id": "taken"})
    done = way(
        database,
        [
            Write(collection="one", insert={"_id": "a", "n": 1}),
            Write(collection="two", match={"_id": "nobody"}, update={"$set": {"n": 1}}),
            Write(collection="one", match={"_id": "a", "n": 1}, update={"$set": {"n": 2}}),
            Write(collection="two", insert={"_id": "taken", "n": 5}),
            Write(collection="one", insert={"_id": "b"}),
        ],
    )
    assert done == [1, 0, 1, 0, 0]
    assert list(database["one"].find()) == [{"_id": "a", "n": 2}]
    assert list(database["two"].find()) == [{"_id": "taken"}]


@pytest.mark.parametrize("way", [in_turn, together, apart])
def test_what_goes_wrong_otherwise_is_raised(services: Services, way: Way) -> None:
    wrong = Write(collection="one", match={"_id": "a"}, update={"$nonsense": {"n": 1}})
    with pytest.raises(OperationFailure):
        way(services.database, [Write(collection="one", insert={"_id": "a"}), wrong])
    assert list(services.database["one"].find()) == [{"_id": "a"}]

"""Takes places under a cap until all are gone: `python -m tests.faults.taker URL DATABASE NAME COUNTERS CAP LOG`.

A place is taken by one conditional update, as an offer's budget is. What the database confirms goes into the log,
synced to the disk; what it did not answer is looked up.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

from pymongo.errors import PyMongoError

from common.settings import Settings
from storage.mongo import Documents, connect


def main() -> None:
    """Go through the counters, taking one place of each in turn, until none is left."""
    url, database, name, counters, cap, log = sys.argv[1:]
    places = connect(Settings(mongodb_url=url, mongodb_database=database))["places"]
    left = set(range(int(counters)))
    with Path(log).open("a") as file:
        number = 0
        while left:
            for counter in sorted(left):
                number += 1
                took = taken(places, counter, int(cap), f"{name}-{number}")
                if not took:
                    left.discard(counter)
                    continue
                file.write(f"{counter} {name}-{number}\n")
                file.flush()
                os.fsync(file.fileno())


def taken(places: Documents, counter: int, cap: int, token: str) -> bool:
    """Whether a place was taken, however often it takes to hear."""
    wanted: dict[str, Any] = {"_id": counter, "taken": {"$lt": cap}, "by": {"$ne": token}}
    while True:
        try:
            if places.update_one(wanted, {"$inc": {"taken": 1}, "$push": {"by": token}}).modified_count:
                return True
            return places.count_documents({"_id": counter, "by": token}) == 1
        except PyMongoError:
            time.sleep(0.1)


if __name__ == "__main__":
    main()

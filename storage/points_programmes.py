"""The points programme, version by version: a version is a document, and nobody can write the same one twice."""

import msgspec

from common.clock import Clock
from common.errors import Stale
from loyalty.points_programme import PointsProgramme, checked
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, to_document
from storage.writes import insert_new

INDEXES: list[Index] = []
_TRIES = 10


class MongoPointsProgrammes:
    """The programme (PointsProgrammes)."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._programmes = database["points_programmes"]
        self._clock = clock

    def get(self) -> PointsProgramme:
        """The latest version; an inactive programme where there is none."""
        found = next(iter(self._programmes.find().sort("_id", -1).limit(1)), None)
        return PointsProgramme() if found is None else from_document(found, PointsProgramme)

    def put(self, programme: PointsProgramme, expected_version: int | None = None) -> PointsProgramme:
        """Keep the next version; raises Invalid where it makes no sense, Stale when `expected_version` is given and no
        longer holds.

        The programme began when it was first active, and that stays so.
        """
        checked(programme)
        for _ in range(_TRIES):
            current, now = self.get(), self._clock.now()
            if expected_version not in (None, current.version):
                break
            started_at = current.started_at or (now if programme.active else None)
            wanted = msgspec.structs.replace(
                programme, version=current.version + 1, started_at=started_at, changed_at=now
            )
            if not insert_new(self._programmes, [to_document(wanted)]):
                return wanted
        raise Stale("The programme was changed in the meantime; read it again.")

    def page(self, after: str, limit: int) -> list[PointsProgramme]:
        """The versions, the newest first, those before the version `after`."""
        wanted: Document = {"_id": {"$lt": int(after)}} if after else {}
        return from_documents(self._programmes.find(wanted).sort("_id", -1).limit(limit), PointsProgramme)

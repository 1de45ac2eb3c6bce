"""Segments in MongoDB."""

from pymongo.errors import DuplicateKeyError

from common.clock import Clock
from common.errors import Conflict, NotFound, Stale
from segments.segment import Segment
from storage.mongo import Document, Mongo, from_document, from_documents, to_document


class MongoSegments:
    """Keeps segments; each change raises the version by one."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._segments = database["segments"]
        self._clock = clock

    def get(self, id: str) -> Segment:
        """One segment; raises NotFound."""
        found = self._segments.find_one({"_id": id})
        if found is None:
            raise NotFound("segment", id)
        return from_document(found, Segment)

    def add(self, segment: Segment) -> Segment:
        """Keep a new one; raises Conflict where its id is taken."""
        now = self._clock.now()
        document = {**to_document(segment), "version": 1, "created_at": now, "updated_at": now}
        try:
            self._segments.insert_one(document)
        except DuplicateKeyError:
            raise Conflict(f"There is a segment {segment.id!r} already; PUT changes it.", "exists") from None
        return from_document(document, Segment)

    def put(self, segment: Segment, expected_version: int | None = None) -> Segment:
        """Keep it under its id, new or not; raises Stale when `expected_version` is given and no longer holds."""
        now = self._clock.now()
        said: Document = {"name": segment.name, "description": segment.description, "rules": segment.rules}
        said |= {"tracked": segment.tracked, "updated_at": now}
        update: Document = {"$set": said, "$inc": {"version": 1}}
        if expected_version is not None:
            if not self._segments.update_one({"_id": segment.id, "version": expected_version}, update).matched_count:
                raise Stale(f"The segment {segment.id!r} was changed in the meantime; read it again.")
            return self.get(segment.id)
        if not self._segments.update_one({"_id": segment.id}, update).matched_count:
            try:
                return self.add(segment)
            except Conflict:  # somebody made it in between; then this is a change of theirs
                self._segments.update_one({"_id": segment.id}, update)
        return self.get(segment.id)

    def page(self, after: str, limit: int) -> list[Segment]:
        """Some segments in the order of ids, those after `after`."""
        return from_documents(self._segments.find({"_id": {"$gt": after}}).sort("_id", 1).limit(limit), Segment)

    def delete(self, id: str) -> None:
        """Forget one; raises NotFound."""
        if not self._segments.delete_one({"_id": id}).deleted_count:
            raise NotFound("segment", id)

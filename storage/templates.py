"""Templates: the latest version of each in `templates`, every earlier one, unchanged, in `template_versions`."""

from pymongo.errors import DuplicateKeyError

from common.clock import Clock
from common.errors import Conflict, NotFound, Stale
from common.ids import derive
from content.templates import Template
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, to_document

INDEXES: list[Index] = [
    Index(collection="template_versions", keys=[("template", 1), ("version", 1)], unique=True),
]

# How often a writer without If-Match tries again when others write the same template at the same time.
_TRIES = 20


class MongoTemplates:
    """Templates in MongoDB.

    A version is copied to `template_versions` before the next one takes its place, so that a crash between the two
    leaves one copy too many and never one too few.
    """

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._latest = database["templates"]
        self._earlier = database["template_versions"]
        self._clock = clock

    def put(self, template: Template, expected_version: int | None = None) -> Template:
        """Keep content as the next version; raises Stale when `expected_version` is given and is not the latest.

        The same name and content as the latest version make no new one. `expected_version` 0 means: not yet there.
        """
        for _ in range(_TRIES):
            latest = self._find(template.id)
            if expected_version is not None and expected_version != (latest.version if latest else 0):
                raise Stale(f"The template {template.id!r} has changed since; read it again.")
            if latest and (latest.name, latest.content) == (template.name, template.content):
                return latest
            kept = self._replace(latest, template)
            if kept:
                return kept
        raise Conflict(f"The template {template.id!r} is being written by others; try again.", "busy")

    def get(self, id: str, version: int | None = None) -> Template:
        """A version, the latest where none is named; raises NotFound."""
        latest = self._find(id)
        if latest is None:
            raise NotFound("template", id)
        if version in (None, latest.version):
            return latest
        found = self._earlier.find_one({"_id": _version_id(id, version or 0)})
        if found is None:
            raise NotFound("version of a template", f"{id} {version}")
        return _template(found)

    def page(self, after: str, limit: int) -> list[Template]:
        """The latest version of each template, in the order of ids after `after`."""
        rows = self._latest.find({"_id": {"$gt": after}}).sort("_id", 1).limit(limit)
        return from_documents(rows, Template)

    def versions(self, id: str, after: int, limit: int) -> list[Template]:
        """The versions of one template greater than `after`, oldest first; raises NotFound."""
        latest = self.get(id)
        wanted = {"template": id, "version": {"$gt": after, "$lt": latest.version}}
        earlier = [_template(row) for row in self._earlier.find(wanted).sort("version", 1).limit(limit)]
        return [*earlier, latest][:limit] if latest.version > after else []

    def _find(self, id: str) -> Template | None:
        found = self._latest.find_one({"_id": id})
        return _template(found) if found else None

    def _replace(self, latest: Template | None, template: Template) -> Template | None:
        """The template as the version after `latest`; None where somebody was quicker."""
        version = latest.version + 1 if latest else 1
        values = {"id": template.id, "name": template.name, "content": template.content, "version": version}
        kept = Template(**values, created_at=self._clock.now())  # type: ignore[arg-type]  # each of its own type
        document = to_document(kept)
        if latest:
            self._keep(latest)
            done = self._latest.replace_one({"_id": latest.id, "version": latest.version}, document)
            return kept if done.matched_count else None
        try:
            self._latest.insert_one(document)
        except DuplicateKeyError:
            return None
        return kept

    def _keep(self, template: Template) -> None:
        document = {**to_document(template), "_id": _version_id(template.id, template.version), "template": template.id}
        self._earlier.update_one({"_id": document["_id"]}, {"$setOnInsert": document}, upsert=True)


def _version_id(id: str, version: int) -> str:
    return derive("template", id, version)


def _template(document: Document) -> Template:
    return from_document({**document, "_id": document.get("template", document["_id"])}, Template)

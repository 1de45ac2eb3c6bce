"""What became of a thing, and who did it: lists of changes by pages, with the names of the keys."""

from collections.abc import Sequence
from typing import Any

import msgspec

from api.context import services
from api.paging import paged
from loyalty.changes import Kind


def changes_of(kind: Kind, id: str, args: dict[str, Any]) -> dict[str, Any]:
    """A page of the changes of one thing, the first change first."""
    page = paged(lambda after, limit: services().changes.page(kind, id, after, limit), args)
    names = key_names([one.by for one in page["data"]])
    return {**page, "data": [{**msgspec.structs.asdict(one), "by_name": names.get(one.by, "")} for one in page["data"]]}


def key_names(keys: Sequence[str]) -> dict[str, str]:
    """The names of keys by their ids, those revoked too; nothing for what is no key's id."""
    return services().keys.names(sorted({one for one in keys if one}))

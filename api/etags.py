"""ETags from versions: a caller may say which version it means to change, and is told when it is too late."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from flask import request

from common.errors import Stale

ANY = "*"
TAG_PATTERN = '"v([0-9]{1,18})"'
_TAG = re.compile(rf"{TAG_PATTERN}\Z")
View = TypeVar("View", bound=Callable[..., Any])


def versioned(view: View) -> View:
    """Mark a view that answers with an ETag or obeys If-Match, so that the document says so."""
    view.versioned = True  # type: ignore[attr-defined]  # functions take attributes; decorators copy them
    return view


def is_versioned(view: Callable[..., Any] | None) -> bool:
    """Whether a view is so marked."""
    return getattr(view, "versioned", False)


def etag_of(version: int) -> str:
    """The ETag header's value for a version."""
    return f'"v{version}"'


def etag_headers(version: int) -> dict[str, str]:
    """The header to answer with, to be returned as `(body, status, headers)` or `(body, headers)`."""
    return {"ETag": etag_of(version)}


def expected_version() -> int | None:
    """The version that If-Match insists on, None where it insists on none; raises Stale for what was never an ETag."""
    given = request.headers.get("If-Match", ANY)
    if given == ANY:
        return None
    tag = _TAG.match(given)
    if tag is None:
        raise Stale("If-Match names no version of this; read it again and send its ETag.")
    return int(tag[1])

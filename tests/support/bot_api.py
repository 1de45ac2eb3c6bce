"""Telegram's Bot API as a file, and whether a call of one of its methods fits it."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path("telegram") / "api.json"
_PLAIN: dict[str, type | tuple[type, ...]] = {"Integer": int, "String": str, "Boolean": bool, "Float": (int, float)}
_ARRAY = "Array of "


def faults(file: Path, method: str, body: dict[str, Any]) -> list[str]:
    """Why a call does not fit: fields it does not know, that are missing, or of another type."""
    described = _document(file)["methods"].get(method)
    if described is None:
        return [f"There is no method {method}."]
    return list(_fields(file, described.get("fields", []), body, method))


@cache
def _document(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(file.read_text())
    return document


def _fields(file: Path, fields: Sequence[dict[str, Any]], body: dict[str, Any], path: str) -> Iterator[str]:
    known = {one["name"]: one for one in fields}
    yield from (f"{path}.{name}: not in the file" for name in sorted(set(body) - set(known)))
    for name, field in known.items():
        if name not in body:
            if field["required"]:
                yield f"{path}.{name}: is missing"
            continue
        tried = [list(_of_type(file, kind, body[name], f"{path}.{name}")) for kind in field["types"]]
        if all(tried):
            yield from tried[0]


def _of_type(file: Path, kind: str, value: Any, path: str) -> Iterator[str]:
    if kind.startswith(_ARRAY):
        if not isinstance(value, list):
            yield f"{path}: is no list"
            return
        for number, one in enumerate(value):
            yield from _of_type(file, kind.removeprefix(_ARRAY), one, f"{path}.{number}")
    elif kind in _PLAIN:
        if not isinstance(value, _PLAIN[kind]) or (kind == "Integer" and isinstance(value, bool)):
            yield f"{path}: is no {kind}"
    elif not isinstance(value, dict):
        # A file to upload may be named by its address.
        if not (kind == "InputFile" and isinstance(value, str)):
            yield f"{path}: is no {kind}"
    else:
        yield from _fields(file, _document(file)["types"][kind].get("fields", []), value, path)

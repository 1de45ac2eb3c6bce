"""Column maps that ship with Encore, and the names that columns go by: data files, one each."""

from functools import cache
from importlib import resources

import msgspec

from customers.columns import ColumnMap, Kind

_SYNONYMS = "synonyms.json"


@cache
def shipped() -> dict[str, ColumnMap]:
    """The maps that ship, by name."""
    files = [file for file in resources.files(__name__).iterdir() if file.name.endswith(".json")]
    maps = [msgspec.json.decode(file.read_bytes(), type=ColumnMap) for file in files if file.name != _SYNONYMS]
    return {one.name: one for one in sorted(maps, key=lambda one: one.name)}


@cache
def synonyms() -> dict[Kind, dict[str, list[str]]]:
    """What a field's column is called in shops' files, by kind and field."""
    file = resources.files(__name__) / _SYNONYMS
    return msgspec.json.decode(file.read_bytes(), type=dict[Kind, dict[str, list[str]]])

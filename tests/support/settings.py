"""Any settings that a kind allows, from the types of its Settings: a new kind needs no strategy of its own."""

from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect


def settings_of(kind: type[msgspec.Struct]) -> st.SearchStrategy[dict[str, Any]]:
    """Plain data that converts to this Struct."""
    return _of(inspect.type_info(kind))


def _of(type_: inspect.Type) -> st.SearchStrategy[Any]:
    match type_:
        case inspect.StructType(fields=fields):
            needed = {field.encode_name: _of(field.type) for field in fields if field.required}
            other = {field.encode_name: _of(field.type) for field in fields if not field.required}
            return st.fixed_dictionaries(needed, optional=other)
        case inspect.UnionType(types=types):
            return st.one_of(*map(_of, types))
        case inspect.ListType(item_type=item):
            return st.lists(_of(item), min_size=type_.min_length or 0, max_size=type_.max_length or 5)
    return _simple(type_)


def _simple(type_: inspect.Type) -> st.SearchStrategy[Any]:
    match type_:
        case inspect.NoneType():
            return st.none()
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType():
            return st.integers(*_bounds(type_))
        case inspect.FloatType():
            return st.floats(*_bounds(type_), allow_nan=False, allow_infinity=False)
        case inspect.StrType(pattern=str() as pattern):
            return st.from_regex(pattern)
        case inspect.StrType():
            return st.text(min_size=type_.min_length or 0, max_size=type_.max_length or 40)
        case inspect.DateTimeType(tz=tz):
            known = st.integers(-720, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))
            zones: Any = {None: st.none() | known, True: known, False: st.none()}[tz]
            return st.datetimes(timezones=zones).map(datetime.isoformat)
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
    raise NotImplementedError(f"Teach tests/support/settings.py about {type_}.")


def _bounds(number: inspect.IntType | inspect.FloatType) -> tuple[Any, Any]:
    low = number.ge if number.gt is None else number.gt + 1
    high = number.le if number.lt is None else number.lt - 1
    return low, high

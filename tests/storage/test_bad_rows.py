"""Rows that were not taken: told in the order of their lines, each once, however they came to be kept."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from customers.importing import BadRow
from storage.bad_rows import MongoBadRows
from storage.mongo import Mongo

AT = datetime(2026, 1, 1, tzinfo=UTC)


def row(line: int) -> BadRow:
    return BadRow(line=line, field="email", reason="Is none.", kind="bad_email", cells=[str(line)])


def kept(database: Mongo, batches: list[list[int]]) -> list[int]:
    """The lines that are told after these batches of lines were kept."""
    rows = MongoBadRows(database)
    rows.remove("job")
    for lines in batches:
        rows.add("job", [row(line) for line in lines], AT)
    return [one.line for one in rows.of("job")]


def test_what_a_dead_worker_kept_and_the_next_one_keeps_in_smaller_batches_is_told_once(database: Mongo) -> None:
    lines = list(range(2, 402))
    assert kept(database, [lines, lines[:50], lines[50:150], lines[150:]]) == lines


def test_rows_of_a_second_reading_stand_where_their_lines_are(database: Mongo) -> None:
    assert kept(database, [[1, 5, 9], [20, 30], [2, 25]]) == [1, 2, 5, 9, 20, 25, 30]


def test_whatever_the_batches_each_line_is_told_once_and_in_order(database: Mongo) -> None:
    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.tuples(st.integers(2, 600), st.integers(1, 150), st.integers(1, 3)), max_size=4))
    def told(batches: list[tuple[int, int, int]]) -> None:
        lines = sorted({first + each * step for first, count, step in batches for each in range(count)})
        # Those of one length from one line on are the same rows: all come from one file.
        ends = [(first, first + (count - 1) * step) for first, count, step in batches]
        assert kept(database, [[line for line in lines if first <= line <= last] for first, last in ends]) == lines

    told()

"""Files are read row by row; what cannot be read spoils its own row and no other."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.forms import decimal_found
from customers.reading import CSV, MAX_LINE, NDJSON, Form, Place, Reader, Record, json_cell

COLUMNS = {CSV: ["a", "b"], NDJSON: ["a", "b", "c", "d"]}


def read(data: bytes, content_type: str = CSV, piece: int = 7) -> list[Record]:
    stream = io.BytesIO(data)
    form = Form(type=content_type, columns=COLUMNS[content_type], strict=True)
    return list(Reader(iter(lambda: stream.read(piece), b""), form).records())


def told(data: bytes, content_type: str = CSV) -> list[tuple[int, list[str] | str]]:
    return [(record.line, record.problem or record.cells) for record in read(data, content_type)]


def test_rows_have_the_lines_they_begin_on() -> None:
    data = b'\xef\xbb\xbfa,b\r\n1,2\r\n\r\n"x\r\ny, ""z""",3\r\n4,5'
    assert told(data) == [
        (2, ["1", "2"]),
        (4, ['x\r\ny, "z"', "3"]),
        (6, ["4", "5"]),
    ]


def test_a_quote_that_is_never_closed_spoils_one_row() -> None:
    found = told(b'a,b\n"1,2\n3,4\n5,6\n')
    assert found[0] == (2, "A quote is opened and not closed.")
    assert found[1:] == [(3, ["3", "4"]), (4, ["5", "6"])]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (b'"1"x,2', "not well quoted"),
        (b"1", "1 fields"),
        (b"1,2,3", "3 fields"),
        (b"\xff\xfe,2", "encoding"),
        (b"1\0,2", "NUL"),
        (b"1,2\r3,4", "not well quoted"),
        (b"1," + b"x" * 3 * MAX_LINE, "longer"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_and_the_next_one_read(row: bytes, problem: str) -> None:
    found = read(b"a,b\n" + row + b"\n3,4\n", piece=5_000)
    assert problem in found[0].problem
    assert (found[1].line, found[1].cells) == (3, ["3", "4"])
    assert len(found) == 2


def test_objects_are_read_one_a_line_and_values_become_cells() -> None:
    found = told(b'{"a": "x", "b": 1.5, "c": ["p", "q"], "d": null}\n{"a": true}\n', NDJSON)
    assert found == [(1, ["x", "1.5", "p;q", ""]), (2, ["yes", "", "", ""])]


@pytest.mark.parametrize(
    "row", [b"{", b"[1]", b"null", b'{"a": {"$gt": 1}}', b'{"a": "\\u0000"}', b"[" * 50_000, b"\xff"]
)
def test_a_line_that_is_no_object_is_told_and_the_next_one_read(row: bytes) -> None:
    found = read(row + b'\n{"a": 1}\n', NDJSON, piece=1_000)
    assert found[0].problem
    assert found[1].cells == ["1", "", "", ""]


@given(st.lists(st.tuples(st.text('x,"\né ', max_size=6), st.text("ab", max_size=3)), max_size=8), st.integers(1, 9))
def test_reading_can_go_on_after_any_row(rows: list[tuple[str, str]], piece: int) -> None:
    quoted = ["a,b"] + [f'"{a.replace(chr(34), chr(34) * 2)}",k{b}' for a, b in rows]
    data = "\n".join(quoted).encode()
    records = read(data, piece=piece)
    assert [record.cells for record in records] == [[a, f"k{b}"] for a, b in rows]
    for index, record in enumerate(records):
        place = Place(order_offset=record.after, order_lines=record.last)
        rest = list(Reader([data[record.after :]], Form(type=CSV, columns=["a", "b"]), place).records())
        assert rest == records[index + 1 :]


def test_a_number_with_three_digits_after_its_point_is_no_amount_in_thousands() -> None:
    assert [json_cell(value) for value in (1.234, -12.125, 12.5, 4711, "1.234")] == [
        "1.2340", "-12.1250", "12.5", "4711", "1.234",
    ]  # fmt: skip
    assert decimal_found([json_cell(1.234)]) == ("point", False)

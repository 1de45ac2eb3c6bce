"""What is written is read back, or refused; what can be read in two ways is never read in one of them."""

import csv
import gzip
import io
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from common.errors import Invalid
from customers.forms import COMMA, DAY_FIRST, MONTH_FIRST, POINT, amounts, dates_found, decimal_found, instants
from customers.reading import CSV, Form, Reader
from customers.refusals import Refused
from customers.tracing import from_safe, to_safe
from customers.unpacking import unpacked

CENTS = st.integers(0, 10**11)


def written(minor: int, mark: str, group: str = "") -> str:
    whole, cents = divmod(minor, 100)
    return f"{whole:,}".replace(",", group) + f"{mark}{cents:02}"


@given(
    CENTS, st.sampled_from([(POINT, ".", ","), (COMMA, ",", ".")]), st.sampled_from(["", "mark", " ", "\u00a0", "'"])
)
def test_an_amount_is_read_back(minor: int, form: tuple[str, str, str], gap: str) -> None:
    kind, mark, group = form
    text = written(minor, mark, group if gap == "mark" else gap)
    read = amounts(kind, grouped=False)  # type: ignore[arg-type]  # a word of two
    assert read("price", text, "EUR") == minor
    assert read("price", f"-{text}", "EUR") == -minor
    assert decimal_found([text])[0] == kind


@given(CENTS, CENTS)
def test_what_is_written_by_the_other_rule_is_refused_and_never_another_amount(minor: int, other: int) -> None:
    read = amounts(POINT, grouped=False)
    for text in (written(minor, ","), written(minor, ",", ".")):
        with pytest.raises(Refused):
            read("price", text, "EUR")
    with pytest.raises(Invalid):
        decimal_found([written(minor, ","), written(other, ".")])


@given(st.integers(1, 999), st.integers(0, 999))
def test_three_digits_after_a_mark_alone_are_asked_about(whole: int, rest: int) -> None:
    for mark in ".,":
        with pytest.raises(Invalid):
            decimal_found([f"{whole}{mark}{rest:03}"])
    with pytest.raises(Refused):
        amounts(POINT, grouped=False)("price", f"{whole},{rest:03}", "EUR")
    assert amounts(POINT, grouped=True)("price", f"{whole},{rest:03}", "EUR") == (whole * 1_000 + rest) * 100


@given(st.integers(1, 999), st.integers(0, 999))
def test_while_nothing_showed_what_parts_the_cents_three_digits_after_a_mark_are_refused(whole: int, rest: int) -> None:
    read = amounts(POINT, grouped=False, unsure=True)
    for mark in ".,":
        with pytest.raises(Refused):
            read("price", f"-{whole}{mark}{rest:03}", "EUR")
    assert read("price", f"{whole}", "EUR") == whole * 100
    assert read("price", f"{whole}.50", "EUR") == whole * 100 + 50


INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(2099, 12, 30)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001


@given(INSTANTS, st.sampled_from("/.-"))
def test_a_date_is_read_back_in_the_order_it_was_written_in(at: datetime, mark: str) -> None:
    wanted = at.replace(tzinfo=UTC)
    day_first = at.strftime(f"%d{mark}%m{mark}%Y %H:%M:%S")
    month_first = at.strftime(f"%m{mark}%d{mark}%Y %I:%M:%S %p")
    assert instants(DAY_FIRST, "")("at", day_first) == wanted
    assert instants(MONTH_FIRST, "")("at", month_first) == wanted
    for text in (at.isoformat(), at.isoformat(" ") + " +0000", at.isoformat(" ") + " UTC", at.isoformat() + "Z"):
        assert instants("iso", "")("at", text) == wanted
    if mark != "." and at.day <= 12 and at.day != at.month:
        with pytest.raises(Invalid):
            dates_found([day_first])
        with pytest.raises(Refused):
            instants("iso", "")("at", day_first)


@pytest.mark.parametrize(
    "texts", [["20-01-05", "21-03-14"], ["19/12/11"], ["24.01.05", "24.02.29"], ["31/12/19", "99/12/11"]]
)
def test_a_year_of_two_digits_that_may_stand_first_is_asked_about(texts: list[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        dates_found(texts)
    assert "dates=%y-%m-%d" in refusal.value.fields["dates"][0]


def test_a_year_of_two_digits_is_found_where_it_can_be_nothing_else() -> None:
    assert dates_found(["05/01/20", "31/12/99"]) == DAY_FIRST
    assert dates_found(["05/01/20", "12/31/19"]) == MONTH_FIRST
    assert dates_found(["05.01.20", "5.2.20"]) == DAY_FIRST


def test_a_pattern_that_was_said_is_the_only_one() -> None:
    read = instants("%Y-%d-%m", "")
    assert read("at", "2026-03-04") == datetime(2026, 4, 3, tzinfo=UTC)
    for text in ("2026-03-14", "2026-03-04T10:00:00Z", "03/04/2026"):
        with pytest.raises(Refused):
            read("at", text)


@pytest.mark.parametrize("text", ["2026-01-02 10:00 +99:99", "02/01/2026 10:00 +99:99"])
def test_an_offset_that_no_place_has_is_refused(text: str) -> None:
    assert refusal(partial(instants(DAY_FIRST, ""), "at", text)) == "bad_date"


def refusal(read: Callable[[], object]) -> str:
    """The kind that something is refused for; "" where it is not."""
    try:
        read()
    except Refused as refused:
        return refused.kind
    return ""


@given(st.text(max_size=30))
def test_any_text_is_an_amount_and_a_date_or_refused(text: str) -> None:
    for amount in (amounts(POINT, grouped=True), amounts(COMMA, grouped=True)):
        assert refusal(partial(amount, "price", text, "EUR")) in ("", "bad_amount", "too_large")
    for dates in ("iso", DAY_FIRST, MONTH_FIRST, "%d %b %Y"):
        assert refusal(partial(instants(dates, ""), "at", text)) in ("", "bad_date")


@given(st.text(max_size=12))
def test_a_cell_made_safe_is_read_back(cell: str) -> None:
    assert from_safe(to_safe(cell)) == cell
    assert not to_safe(cell).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))


CELLS = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=8)


@given(
    st.lists(st.tuples(CELLS, CELLS), max_size=6),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]),
    st.booleans(),
    st.integers(1, 50),
)
def test_a_table_is_read_back_however_it_was_packed_and_cut(
    rows: list[tuple[str, str]], delimiter: str, encoding: str, packed: bool, piece: int
) -> None:
    assume(all(any(row) for row in rows))
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([("a", "b"), *rows])
    data = out.getvalue().encode(encoding)
    data = gzip.compress(data) if packed else data
    edges = [*range(0, len(data), piece), len(data)]
    text = unpacked(
        [data[begin:end] for begin, end in pairwise(edges)],
        gzip=packed,
        encoding="utf-16" if encoding == "utf-16" else "utf-8",
    )
    reader = Reader(text, Form(type=CSV, columns=["a", "b"], delimiter=delimiter))
    assert [tuple(record.cells) for record in reader.records()] == [row for row in rows if any(row)]

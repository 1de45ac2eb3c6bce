"""What letters have in common: filled in again, it must give back each letter to the character."""

from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.channels import _skeleton as skeleton
from sandbox.sendgrid import _filled

WORDS = st.text(alphabet=st.sampled_from("ab -.<>\n&\u00e9\U0001f382{}"), max_size=6)
# Letters from one pattern with holes in it, as a template makes them, filled with anything.
PATTERN = st.lists(st.sampled_from(["Hello ", "<p>", "</p>\n", "\n", "x"]) | st.none(), max_size=8)


@st.composite
def batches(draw: st.DrawFn) -> list[dict[str, str]]:
    pattern = {name: draw(PATTERN) for name in ("text", "html")}
    return [
        {name: "".join(draw(WORDS) if piece is None else piece for piece in pieces) for name, pieces in pattern.items()}
        for _ in range(draw(st.integers(1, 5)))
    ]


def filled(common: skeleton.Skeleton, number: int) -> dict[str, str]:
    return {name: _filled(text, common.slots[number]) for name, text in common.parts.items()}


@settings(max_examples=300, deadline=None)
@given(batches())
def test_a_filled_skeleton_is_the_letter(letters: list[dict[str, str]]) -> None:
    shapes: dict[object, list[dict[str, str]]] = {}
    for letter in letters:
        shapes.setdefault(skeleton.shape(letter), []).append(letter)
    for alike in shapes.values():
        common = skeleton.extract(alike)
        assert [filled(common, number) for number in range(len(alike))] == alike


def test_what_is_the_same_for_all_is_sent_once() -> None:
    long = "The same long words.\n" * 100
    letters = [{"html": f"<p>Hello {name},</p>{long}<p>{name}</p>"} for name in ("Ana", "Bo", "Cy")]
    common = skeleton.extract(letters)
    assert common.parts["html"].count("The same long words.") == 100
    # A name that stands in two places is one tag.
    assert [list(slot.values()) for slot in common.slots] == [["Ana"], ["Bo"], ["Cy"]]


def test_one_letter_alone_has_no_tags() -> None:
    common = skeleton.extract([{"text": "Hello Ana"}])
    assert common.parts == {"text": "Hello Ana"}
    assert common.slots == [{}]


def test_a_tag_stands_in_no_letter_even_where_a_customer_calls_themselves_like_one() -> None:
    names = ["Ana", "-taken.0-", "Bo"]
    letters = [{"text": f"Hello {name}!\n{name}, bye {number}"} for number, name in enumerate(names)]
    words = iter(["taken", "free"])
    common = skeleton.extract(letters, lambda: next(words))
    assert set(common.slots[0]) == {"-free.0-", "-free.1-"}
    assert [filled(common, number) for number in range(len(names))] == letters

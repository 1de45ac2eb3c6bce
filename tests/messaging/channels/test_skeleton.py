"""What letters have in common: filled in again, it must give back each letter to the character."""

from hypothesis import given, settings
from hypothesis import strategies as st

from content.letters import Frame
from content.slots import woven
from messaging.channels import _skeleton as skeleton
from sandbox.sendgrid import _filled

WORDS = st.text(alphabet=st.sampled_from("ab -.<>\n&\u00e9\U0001f382{}"), max_size=6)
TEXTS = st.lists(st.sampled_from(["Hello ", "<p>", "</p>\n", "\n", "", "x"]), min_size=1, max_size=6)


@st.composite
def batches(draw: st.DrawFn) -> tuple[Frame, list[dict[str, list[str]]]]:
    fixed = {name: draw(TEXTS) for name in ("text", "html")}
    letters = [
        {name: [draw(WORDS) for _ in texts[1:]] for name, texts in fixed.items()}
        for _ in range(draw(st.integers(1, 5)))
    ]
    return Frame(id="f", fixed=fixed), letters


def filled(common: skeleton.Skeleton, number: int) -> dict[str, str]:
    return {name: _filled(text, common.slots[number]) for name, text in common.parts.items()}


@settings(max_examples=300, deadline=None)
@given(batches())
def test_a_filled_skeleton_is_the_letter(batch: tuple[Frame, list[dict[str, list[str]]]]) -> None:
    frame, letters = batch
    common = skeleton.extract(frame, letters)
    for number, slots in enumerate(letters):
        assert filled(common, number) == {name: woven(frame.fixed[name], slots[name]) for name in frame.fixed}
        assert sum(len(tag.encode() + text.encode()) for tag, text in common.slots[number].items()) <= skeleton.size(
            slots
        )


def test_what_is_the_same_for_all_is_sent_once_and_what_differs_alike_has_one_tag() -> None:
    frame = Frame(id="f", fixed={"html": ("<p>Hello ", ",</p>", "<p>", "</p>")})
    letters = [{"html": [name, "the same", name]} for name in ("Ana", "Bo", "Cy")]
    common = skeleton.extract(frame, letters)
    assert [list(slots.values()) for slots in common.slots] == [["Ana"], ["Bo"], ["Cy"]]
    assert common.parts["html"].count("the same") == 1


def test_a_tag_is_drawn_until_it_stands_in_no_letter() -> None:
    words = iter(["in-a-slot", "in-the-frame", "free"])
    frame = Frame(id="f", fixed={"text": ("in-the-frame ", "")})
    common = skeleton.extract(frame, [{"text": ["in-a-slot"]}, {"text": ["b"]}], lambda: next(words))
    assert common.parts["text"] == "in-the-frame -free.0-"


def test_one_letter_alone_is_all_skeleton() -> None:
    common = skeleton.extract(Frame(id="f", fixed={"text": ("a ", " c")}), [{"text": ["b"]}])
    assert (common.parts, common.slots) == ({"text": "a b c"}, [{}])

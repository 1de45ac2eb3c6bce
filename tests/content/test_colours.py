"""Colours in every way that CSS writes them, and the warning where words can hardly be read, however it came to be."""

import pytest

from content.colour_names import COLOUR_NAMES
from content.colours import read_colour
from content.preview import preview


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("#ABC", "#aabbcc"), ("#abcdef", "#abcdef"), ("#abcdefff", "#abcdef"), ("#abcdef10", ""), ("#fff8", "#ffffff"),
        ("rgb(220,220,220)", "#dcdcdc"), ("RGB(220 220 220 / 90%)", "#dcdcdc"), ("rgba(0, 0, 0, .1)", ""),
        ("rgb(100%, 0%, 50%)", "#ff0080"), ("rgb(1,2)", ""),
        ("hsl(0, 0%, 86%)", "#dbdbdb"), ("hsl(120deg 100% 25%)", "#008000"), ("hsl(-0.5turn 100% 50%)", "#00ffff"),
        ("LightGray !important", "#d3d3d3"), ("yellow", "#ffff00"), ("url(x) no-repeat rebeccapurple", "#663399"),
        ("transparent", ""), ("inherit", ""), ("none", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_colour_is_read_however_it_is_written(written: str, read: str) -> None:
    assert read_colour(written) == read


def test_all_of_the_names_of_css_are_known() -> None:
    assert len(COLOUR_NAMES) == 148
    assert all(len(colour) == 7 and colour == read_colour(colour) for colour in COLOUR_NAMES.values())


def _mjml(head: str, text: str) -> dict[str, str]:
    section = f"<mj-section><mj-column>{text}</mj-column></mj-section>"
    return {"mjml": f"<mjml><mj-head>{head}</mj-head><mj-body>{section}</mj-body></mjml>"}


@pytest.mark.parametrize(
    "letter",
    [
        {"html": '<p style="color:rgb(220,220,220)">Faint</p>'},
        {"html": '<p style="color:lightgray">Faint</p>'},
        {"html": '<p style="color:yellow">Faint</p>'},
        {"html": '<p style="color:hsl(0, 0%, 86%)">Faint</p>'},
        {"html": '<p style="background:rgb(40 40 40)"><span style="color:black">Faint</span></p>'},
        _mjml("", '<mj-text color="gainsboro">Faint</mj-text>'),
        _mjml('<mj-attributes><mj-class name="pale" color="#dddddd" /></mj-attributes>',
              '<mj-text mj-class="pale">Faint</mj-text>'),
        _mjml("<mj-style>.pale div { color: lightgray !important; }</mj-style>",
              '<mj-text css-class="pale">Faint</mj-text>'),
        _mjml("<mj-style>.pale { color: lightgray; }</mj-style>", '<mj-text><p class="pale">Faint</p></mj-text>'),
    ],
)  # fmt: skip
def test_words_that_can_hardly_be_read_are_warned_of_wherever_their_colour_stands(letter: dict[str, str]) -> None:
    warned = preview({"subject": "a", "preheader": "b", **letter}, "email", "en").warnings
    assert ["“Faint”" in one.message for one in warned if one.code == "low_contrast"] == [True]

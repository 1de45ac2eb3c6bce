"""Codes: the same for the same parts, hard to mistype, impossible to guess."""

import random

import pytest

from common.errors import NotFound
from loyalty import codes


def test_a_code_is_the_same_for_the_same_parts_and_another_for_others() -> None:
    assert codes.make("key", "a", 1) == codes.make("key", "a", 1)
    assert len({codes.make("key", "a", 1), codes.make("key", "a", 2), codes.make("other", "a", 1)}) == 3


def test_a_code_holds_no_sign_that_is_taken_for_another() -> None:
    signs = set("".join(codes.make("key", number) for number in range(500)))
    assert signs == set(codes.ALPHABET)
    assert not signs & set("OILZSBU")


def test_lower_case_spaces_hyphens_and_look_alikes_are_read_as_meant() -> None:
    chosen = random.Random(7)
    look_alikes = {"0": "Oo", "1": "IiLl", "2": "Zz", "5": "Ss", "8": "Bb", "V": "Uu"}
    for number in range(300):
        code = codes.make("key", number)
        typed = "".join(chosen.choice(look_alikes.get(sign, sign) + sign.lower()) for sign in code)
        assert codes.parse(f" {typed[:4]}-{typed[4:8]} {typed[8:]}\t") == code


def test_every_wrong_sign_and_every_swapped_pair_is_found() -> None:
    code = codes.make("key", "a")
    wrong = [code[:at] + sign + code[at + 1 :] for at in range(12) for sign in codes.ALPHABET if sign != code[at]]
    wrong += [code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(11) if code[at] != code[at + 1]]
    for typed in wrong:
        with pytest.raises(NotFound):
            codes.parse(typed)


@pytest.mark.parametrize(
    "typed", ["", "A", "🎁" * 12, "x" * 10_000, "'; drop --", "\x00" * 12, "ÄÖÜ456789012", "\uff11" * 12]
)
def test_what_cannot_be_a_code_is_not_found(typed: str) -> None:
    with pytest.raises(NotFound) as refused:
        codes.parse(typed)
    assert len(str(refused.value)) < 500


def test_a_source_whose_code_somebody_else_has_gets_another_and_keeps_it() -> None:
    foreign = {codes.make("key", "a", 0)}
    chosen = codes.distinct(["a", "b"], "key", lambda tried: foreign & set(tried))
    assert chosen == {"a": codes.make("key", "a", 1), "b": codes.make("key", "b", 0)}
    assert codes.candidates("a", "key")[1] == chosen["a"]


def test_a_key_that_only_makes_others_codes_is_an_error_and_not_a_loop() -> None:
    with pytest.raises(RuntimeError):
        codes.distinct(["a"], "key", set)

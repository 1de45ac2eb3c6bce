"""Some of a list, all of it, or none: for the rules that ask what is among what a customer has."""

from collections.abc import Sequence

from segments.rule import Filter, Settings, Texts


class Choice(Settings, frozen=True):
    """One of `any_of`, every one of `all_of`, and none of `none_of`, as far as they are given."""

    any_of: Texts | None = None
    all_of: Texts | None = None
    none_of: Texts | None = None

    def __post_init__(self) -> None:
        """Refuse none of them, and two where one says all."""
        if self.any_of is self.all_of is self.none_of is None:
            raise ValueError("Give `any_of`, `all_of` or `none_of`.")
        if self.any_of is not None and self.all_of is not None:
            raise ValueError("Give either `any_of` or `all_of`.")

    def match(self, field: str) -> Filter:
        """Documents whose list has what is asked for; `field` is one of ours."""
        lists = {"$in": self.any_of, "$all": self.all_of, "$nin": self.none_of}
        return {field: {operator: values for operator, values in lists.items() if values is not None}}

    def holds(self, has: Sequence[str]) -> bool:
        """The plain meaning of the above."""
        there = set(has)
        return (
            (self.any_of is None or not there.isdisjoint(self.any_of))
            and there.issuperset(self.all_of or ())
            and there.isdisjoint(self.none_of or ())
        )

    def among(self, has: Sequence[str]) -> list[str]:
        """What is named here and there, in the order in which it is named here."""
        named = [*(self.any_of or ()), *(self.all_of or ()), *(self.none_of or ())]
        return [one for one in named if one in has]

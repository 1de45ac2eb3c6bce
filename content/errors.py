"""Why nothing can be written for one person; the message is then skipped, with the reason kept."""

from common.errors import EncoreError


class Unwritable(EncoreError):
    """These values do not make a message of this template; `reason` is a stable word for programs."""

    reason = "unwritable"


class MissingValue(Unwritable):
    """A variable the template needs has no value, and the template states no default; `name` says which."""

    reason = "missing_value"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has no value here, and the template gives no default for it.")
        self.name = name


class TooLarge(Unwritable):
    """What came out is longer than any channel takes; `limit` is in characters."""

    reason = "too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The message came out longer than {limit:,} characters.")
        self.limit = limit


class Empty(Unwritable):
    """A part came out with nothing in it, a subject with no words; `part` says which."""

    reason = "empty_part"

    def __init__(self, part: str) -> None:
        super().__init__(f"The {part} came out empty.")
        self.part = part

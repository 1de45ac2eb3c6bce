"""How the sandbox misbehaves: rules, set at run time, drawn from a seeded generator."""

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass
class Rule:
    """One way to misbehave; set what is wanted.

    `delay_seconds` waits before anything else, `delay_after` between accepting and answering. `status` refuses
    with that status and `retry_after`, and with `code`, `subcode` and `words` where the provider has its own;
    `garbage` answers 200 with a page of HTML and accepts nothing; `hang` accepts nothing and never answers;
    `reset_before` resets before the body is read, `reset_after` after the letters were accepted;
    `accept_then_hang` accepts and never answers.
    `probability` (drawn by `seed`) and `count` say how often; `provider` and `address` (a receiver) for whom.
    """

    delay_seconds: float = 0.0
    delay_after: float = 0.0
    status: int = 0
    retry_after: float | str = 0
    code: int = 0
    subcode: int = 0
    words: str = ""
    garbage: bool = False
    hang: bool = False
    reset_before: bool = False
    reset_after: bool = False
    accept_then_hang: bool = False
    probability: float = 1.0
    seed: int = 0
    count: int = -1
    provider: str = ""
    address: str = ""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311  # repeatable is what is wanted

    def draw(self, provider: str, addresses: Sequence[str]) -> bool:
        """Whether this rule holds for a request."""
        if self.count == 0 or self.provider not in ("", provider):
            return False
        if self.address and self.address not in addresses:
            return False
        if self._random.random() >= self.probability:
            return False
        self.count -= 1
        return True


NONE = Rule()


class Faults:
    """The rules in force; the first that holds for a request is the one it meets."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def set(self, rules: Sequence[dict[str, Any]]) -> None:
        """Replace the rules; raises TypeError for a setting there is not."""
        made = [Rule(**rule) for rule in rules]
        with self._lock:
            self._rules = made

    def draw(self, provider: str, addresses: Sequence[str]) -> Rule:
        """The rule that a request meets."""
        with self._lock:
            late = (rule for rule in self._rules if not rule.reset_before)
            return next((rule for rule in late if rule.draw(provider, addresses)), NONE)

    def resets_before(self, provider: str) -> bool:
        """Whether to reset this request before its body is read, when its receivers are not known yet."""
        with self._lock:
            early = [rule for rule in self._rules if rule.reset_before]
            return any(rule.draw(provider, []) for rule in early)

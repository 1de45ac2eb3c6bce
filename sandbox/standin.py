"""What the sandbox must know of a provider to stand in for it: a file each in standins/, found by looking there."""

import importlib
import inspect
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sandbox import standins
from sandbox.emit import Target, Webhook
from sandbox.faults import Rule


@dataclass(frozen=True)
class Request:
    """A request as it came in; `headers` in lower case, `path` without its `query`."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Judged:
    """What becomes of a request: the letters that were taken (none where it is refused) and the answer to it.

    A letter has at least `provider`, `message`, `token`, `id`, `address` and the parts as its receiver sees them.
    """

    letters: list[dict[str, Any]]
    status: int
    answer: Any
    headers: dict[str, str] = field(default_factory=dict)


class StandIn(ABC):
    """One provider. `public_url` is where Encore says it is; one instance is shared by threads."""

    name: ClassVar[str]
    channel: ClassVar[str]

    @abstractmethod
    def environment(self, address: str) -> dict[str, str]:
        """The settings with which Encore hands its messages to a sandbox at this address."""

    @abstractmethod
    def owns(self, path: str) -> bool:
        """Whether a request to this path is for this provider."""

    @abstractmethod
    def judge(self, request: Request) -> Judged:
        """What the real one would say to a request, as strict as it is."""

    @abstractmethod
    def refusal(self, rule: Rule) -> Any:
        """The body with which the real one refuses with `rule.status`."""

    def answers(self, path: str) -> bool:
        """Whether a request to this path is for this provider and hands nothing over, so that it meets no fault."""
        return False

    def answer(self, request: Request) -> Judged:
        """The answer to such a request: an access token, say."""
        return Judged([], 404, {})

    def webhooks(
        self, target: Target, letters: dict[str, dict[str, Any]], events: Sequence[dict[str, Any]]
    ) -> Iterator[Webhook]:
        """Signed webhooks for events on these letters (by message): each is {message, event, …}."""
        yield from ()

    def replies(self, target: Target, replies: Sequence[dict[str, Any]]) -> Iterator[Webhook]:
        """Signed webhooks for what customers wrote: each is {channel, from, to, text, …}."""
        yield from ()

    def taken(self, letters: Sequence[dict[str, Any]]) -> None:
        """These letters of its were taken, whatever the answer."""
        return

    def reset(self) -> None:
        """Forget what was learned of receivers."""
        return


def stand_ins() -> list[StandIn]:
    """One of each kind that there is."""
    found: list[StandIn] = []
    for info in pkgutil.iter_modules(standins.__path__):
        module = importlib.import_module(f"{standins.__name__}.{info.name}")
        found += [kind() for kind in vars(module).values() if _is_kind(kind, module.__name__)]
    return found


def _is_kind(kind: Any, module: str) -> bool:
    ours = inspect.isclass(kind) and issubclass(kind, StandIn)
    return ours and kind.__module__ == module and not inspect.isabstract(kind)

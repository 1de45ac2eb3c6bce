"""The stand-in provider as a process, and what tests ask of it."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from common.settings import Settings
from messaging.channel import Hook

REPOSITORY = Path(__file__).resolve().parents[2]
PUBLIC_URL = "http://shop.test"


class ProviderSandbox:
    """Talks to a running sandbox."""

    def __init__(self, url: str, environment: dict[str, str], log: Path) -> None:
        self.url = url
        self.environment = environment
        self.log = log
        self._client = httpx2.Client(base_url=url, timeout=300)

    def settings(self, settings: Settings, **changes: Any) -> Settings:
        """These settings, with both channels going to the sandbox."""
        together = {**settings.environment, **self.environment}
        return msgspec.structs.replace(settings, environment=together, **changes)

    def misbehave(self, *rules: dict[str, Any]) -> None:
        """Replace the rules by which it misbehaves; none at all makes it behave."""
        self._post("/_control", list(rules))

    def accepted(self) -> list[dict[str, Any]]:
        """The letters it took, in order."""
        letters: list[dict[str, Any]] = self._client.get("/_accepted").json()["data"]
        return letters

    def lines(self) -> list[dict[str, Any]]:
        """Its whole log."""
        lines: list[dict[str, Any]] = self._client.get("/_log").json()["data"]
        return lines

    def webhooks(self, events: Sequence[dict[str, Any]] = (), replies: Sequence[dict[str, Any]] = ()) -> list[Any]:
        """The signed webhooks for these events and replies, as {url, headers, body}, not posted."""
        answer = self._post("/_emit", {"events": list(events), "replies": list(replies), "dry": True})
        webhooks: list[Any] = answer["webhooks"]
        return webhooks

    def hooks(
        self, at: Any, events: Sequence[dict[str, Any]] = (), replies: Sequence[dict[str, Any]] = ()
    ) -> list[Hook]:
        """The same, as they come in at the instant `at`."""
        return [
            Hook(
                url=one["url"],
                at=at,
                headers={name.lower(): value for name, value in one["headers"].items()},
                body=one["body"].encode(),
            )
            for one in self.webhooks(events, replies)
        ]

    def reset(self) -> None:
        """Behave again, with an empty log."""
        self._post("/_reset", {})

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _post(self, path: str, body: Any) -> Any:
        answer = self._client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def running_sandbox(directory: Path) -> Iterator[ProviderSandbox]:
    """A sandbox process with its log in `directory`, killed at the end of the block."""
    log = directory / "accepted.jsonl"
    command = [sys.executable, "-m", "sandbox", "--log", str(log), "--bodies", "--public-url", PUBLIC_URL]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            sandbox = ProviderSandbox(told["url"], told["environment"], log)
            yield sandbox
            sandbox.close()
        finally:
            process.kill()

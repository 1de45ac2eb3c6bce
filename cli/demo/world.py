"""What the scenes of the demo share: the API, the stand-in provider, the screen, and what was made so far."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from cli.demo.client import Api, Json
from cli.demo.screen import Screen

PATIENCE = 150.0


class Provider(Protocol):
    """The stand-in for the providers, as the demo plays with it."""

    def accepted(self) -> list[Json]:
        """Every message it took, as its receiver saw it: {message, channel, to, subject, text, html}."""
        ...

    def receipts(self, type: str, messages: list[str]) -> None:
        """Send Encore signed word of these messages: delivered, bounced, opened or clicked."""
        ...

    def text(self, sender: str, words: str) -> None:
        """A customer texts the shop."""
        ...


@dataclass
class World:
    """The demo's world, filled in scene by scene."""

    api: Api
    provider: Provider
    screen: Screen
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    segments: dict[str, str] = field(default_factory=dict)
    offers: dict[str, str] = field(default_factory=dict)
    programme: str = ""
    campaigns: dict[str, str] = field(default_factory=dict)
    revenue: int = 0

    @staticmethod
    def clock_now() -> datetime:
        """This very moment, for what happens in the course of the story."""
        return datetime.now(UTC)

    def messages(self, campaign: str) -> list[Json]:
        """What the provider took for a campaign, each with its customer's id."""
        path = f"/v1/campaigns/{self.campaigns[campaign]}/messages"
        ours = {message["id"]: message["customer"] for message in self.api.every(path)}
        return [
            {**taken, "customer": ours[taken["message"]]}
            for taken in self.provider.accepted()
            if taken["message"] in ours
        ]

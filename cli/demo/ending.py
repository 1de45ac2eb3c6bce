"""The end: what docs/messages.md says is always true is checked against the providers' own log."""

from datetime import UTC, datetime
from pathlib import Path

from cli.demo.world import World
from messaging.audit import Acceptance
from wiring import Services


def broken_promises(world: World, services: Services) -> list[str]:
    """What is not as it must be, a sentence each; the operator's view, beside the API."""
    runs = services.runs.of_campaigns(list(world.campaigns.values()))
    accepted = [
        Acceptance(
            message=taken["message"],
            token=taken["token"],
            at=datetime.fromtimestamp(taken["at"], UTC),
            channel=taken["channel"],
        )
        for taken in world.provider.accepted()
    ]
    return services.audit.broken({run.id: run.planned for run in runs}, accepted)


def where_to_look_next(world: World, directory: Path) -> None:
    """What to try now."""
    world.screen.scene("→", "Where to look next")
    world.screen.say(
        "make up                 the same service, kept running for you, with a key of your own\n"
        "README.md               the tour: your own customers, segment, words and campaign with curl\n"
        "docs/architecture.md    how a launch and a referral walk through the code\n"
        f"{directory / 'sandbox.jsonl'}\n"
        "                        every message of this demo as the providers took it"
    )

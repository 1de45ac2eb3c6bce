"""How long one message waits while a launch has the workers: against its wait when nothing else happens."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from bench._meter import table
from bench._provider import REPOSITORY
from campaigns.run import RunState
from campaigns.single import Wanted
from common.ids import new_id
from content.templates import Template
from messaging.message import State
from tests.support.fleet import environment_of
from tests.support.processes import eventually
from wiring import Services

WORKERS = ["import worker; worker.main()", "import worker; worker.main(urgent_only=True)"]
PARTS = {"subject": "Thank you, {{ first_name }}", "text": "It is on its way.", "html": "<p>It is on its way.</p>"}
PAUSE = 1.0


def compare_waits(services: Services, campaign: str, messages: int, singles: int) -> None:
    """Send singles to an idle system, then to one that works off the campaign; print both waits and their ratio."""
    services.templates.put(Template(id="thanks", name="Thanks", content={"email": {"en": PARTS}}))
    with _working(services):
        _waits(services, 5)  # everything is loaded, and connected
        idle = _waits(services, singles)
        services.launcher.launch(campaign)
        [run] = services.runs.of_campaigns([campaign])
        begun = eventually(lambda: services.messages.states([run.id]).get(State.ACCEPTED, 0) > 0, 600)
        busy = _waits(services, singles) if begun else []
        if not busy or not _going(services, run.id):
            raise click.ClickException("The launch was over too soon: take more --messages, or fewer --waits.")
    table(
        f"{singles} single messages, one after the other, alone and during a launch of {messages:,}",
        [
            ("p50 alone, during the launch, ms", f"{_part(idle, 0.5):.0f}, {_part(busy, 0.5):.0f}"),
            ("p95 alone, during the launch, ms", f"{_part(idle, 0.95):.0f}, {_part(busy, 0.95):.0f}"),
            ("ratio of p50", f"{_part(busy, 0.5) / _part(idle, 0.5):.2f}"),
            ("ratio of p95", f"{_part(busy, 0.95) / _part(idle, 0.95):.2f}"),
        ],
    )


@contextmanager
def _working(services: Services) -> Iterator[None]:
    """A worker for everything and one for what is urgent, as `encore up` starts them."""
    environment = environment_of(services.settings)
    started = [subprocess.Popen([sys.executable, "-c", code], cwd=REPOSITORY, env=environment) for code in WORKERS]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def _waits(services: Services, singles: int) -> list[float]:
    """Milliseconds from asking for each message to the provider's yes, by what the message itself says."""
    sent = []
    for number in range(singles):
        wanted = Wanted(customer=f"c{number:07}", template="thanks")
        sent.append(services.sender.send(wanted, new_id()).id)
        time.sleep(PAUSE)

    def there() -> bool:
        return all(message.state is State.ACCEPTED for message in services.messages.get(sent).values())

    if not eventually(there, 60):
        raise click.ClickException("A single message was not accepted within a minute.")
    found = services.messages.get(sent).values()
    return [(one.state_at - one.planned_at).total_seconds() * 1_000 for one in found if one.state_at and one.planned_at]


def _going(services: Services, run: str) -> bool:
    """Whether messages of the campaign are still to be sent."""
    waiting = services.messages.states([run])
    return services.runs.get(run).state is RunState.PLANNING or waiting.get(State.QUEUED, 0) > 0


def _part(waits: Sequence[float], share: float) -> float:
    return sorted(waits)[min(len(waits) - 1, int(len(waits) * share))]

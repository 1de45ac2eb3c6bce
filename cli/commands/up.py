"""`encore up`: the whole service on this machine, kept running."""

import os

import click

from cli.servers import API_PORT, Stack
from cli.signals import interrupt_on_signals
from messaging.channel import Providers

# What it takes to leave the outbox; a channel that is not here is told so in general words.
CREDENTIALS = {
    "email": "ENCORE_SENDGRID_API_KEY, or ENCORE_SMTP_URL",
    "sms": "ENCORE_TWILIO_ACCOUNT_SID and ENCORE_TWILIO_AUTH_TOKEN",
    "web_push": "ENCORE_VAPID_KEY and ENCORE_VAPID_SUBJECT",
    "mobile_push": "ENCORE_FCM_KEY",
    "inbox": "ENCORE_INBOX_ORIGINS",
    "webhook": "ENCORE_WEBHOOK_URL and ENCORE_WEBHOOK_SECRET",
}


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address the API listens on.")
@click.option("--port", default=API_PORT, show_default=True, help="The port the API listens on.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Worker processes.")
def command(host: str, port: int, workers: int) -> None:
    """Run the API, workers and the scheduler, with databases where none are given.

    With ENCORE_MONGODB_URL and ENCORE_REDIS_URL set, those servers are used and none is started. Data and logs are
    kept in ENCORE_DATA_DIR (./var). At the very first start an admin's API key is printed, once.
    """
    interrupt_on_signals()
    try:
        with Stack(os.environ, host=host, port=port, workers=workers, say=_say) as stack:
            _welcome(stack)
            stack.wait()
    except KeyboardInterrupt:
        click.echo("Stopped.")


def deliveries(providers: Providers) -> list[str]:
    """Where the messages of each channel go, in a line each."""
    lines = []
    for channel in providers.channels():
        name = providers.for_channel(channel).name
        how = CREDENTIALS.get(channel, "its provider's credentials")
        lines.append(f"{channel}: outbox (kept, sent nowhere; set {how})" if name == "outbox" else f"{channel}: {name}")
    return lines


def _say(text: str) -> None:
    click.echo(text, err=True)


def _welcome(stack: Stack) -> None:
    lines = [
        f"Encore is up: {stack.base_url}/docs (the API), {stack.base_url}/readyz (is it well?)",
        *deliveries(stack.services.providers),
    ]
    key = stack.admin_key()
    if key is not None:
        lines.append(f"Your API key, shown this once (`encore key create` makes more):\n\n    {key}\n")
    lines.append(f"Data and logs: {stack.settings.data_dir}. Ctrl-C stops it; nothing is lost.")
    # All at once: who stops it on seeing the first line has the key, too.
    click.echo("\n".join(lines))

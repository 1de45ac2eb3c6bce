"""What is in the way of messages that wait or are uncertain, in a sentence each, and what to do about it."""

from collections.abc import Iterable, Mapping
from typing import Any

from messaging.message import State

_WAIT = "They wait, and go out by themselves"
_DOUBT = "Some may have arrived, so they are not sent again; the provider's webhook settles it."
# By the reason that messages wait for or are uncertain because of (docs/messages.md).
_SENTENCES = {
    "credentials": f"the provider refuses our credentials. {_WAIT} when its key in the settings is right again.",
    "rate_limited": f"the provider takes no more just now. {_WAIT} soon; there is nothing to do.",
    "unreachable": f"the provider cannot be reached. {_WAIT} when it can; check its URL if that lasts.",
    "provider_error": f"the provider answered with an error of its own. {_DOUBT}",
    "strange_answer": f"the provider's answer makes no sense; check its URL in the settings. {_DOUBT}",
    "no_answer": f"the provider gave no answer. {_DOUBT}",
    "connection_lost": f"the connection to the provider broke. {_DOUBT}",
}


def troubles(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The sentences for rows of {state, channel, reason, count}; none where all is well."""
    stuck = [row for row in rows if row["state"] in (State.WAITING, State.UNCERTAIN) and row["reason"] in _SENTENCES]
    stuck.sort(key=lambda row: (row["channel"], row["reason"]))
    return [f"{row['count']} by {row['channel']} ({row['reason']}): {_SENTENCES[row['reason']]}" for row in stuck]

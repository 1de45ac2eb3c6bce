"""The stand-in for SendGrid and Twilio, as the demo starts it and plays with it."""

import sys
from functools import partial
from pathlib import Path

import httpx2

from cli.demo.client import Json
from cli.embedded import HOST, listens
from cli.processes import Child

KEY = "SG.demo"
ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "demo-token"  # noqa: S105  # of the stand-in, which listens on this machine alone

# What a provider calls what we call delivered, bounced, opened, clicked.
_EMAIL = {"delivered": "delivered", "bounced": "bounce", "opened": "open", "clicked": "click"}
_SMS = {"delivered": "delivered", "bounced": "undelivered"}


def sandbox(port: int, public_url: str, log: Path) -> Child:
    """The process."""
    command = [sys.executable, "-m", "sandbox", "--host", HOST, "--port", str(port), "--log", str(log)]
    accounts = ["--sendgrid-key", KEY, "--twilio-sid", ACCOUNT, "--twilio-token", TOKEN, "--public-url", public_url]
    return Child(name="sandbox", command=[*command, *accounts], ready=partial(listens, port))


class StandIn:
    """Talks to the running process."""

    def __init__(self, port: int) -> None:
        self._http = httpx2.Client(base_url=f"http://{HOST}:{port}", timeout=180.0)

    def environment(self) -> dict[str, str]:
        """The settings with which Encore hands its messages to it."""
        url = str(self._http.base_url).rstrip("/")
        return {
            "ENCORE_SENDGRID_API_KEY": KEY,
            "ENCORE_SENDGRID_URL": url,
            "ENCORE_SENDGRID_WEBHOOK_KEY": self._get("/_key")["sendgrid_webhook_key"],
            "ENCORE_TWILIO_ACCOUNT_SID": ACCOUNT,
            "ENCORE_TWILIO_AUTH_TOKEN": TOKEN,
            "ENCORE_TWILIO_URL": url,
        }

    def accepted(self) -> list[Json]:
        """Every message it took, as its receiver saw it: {message, channel, to, subject, text, html, headers}."""
        return [
            {**one, "channel": "email" if one["provider"] == "sendgrid" else "sms", "to": one["address"]}
            for one in self._get("/_accepted")["data"]
        ]

    def receipts(self, type: str, messages: list[str]) -> None:
        """Send Encore signed word of these messages: delivered, bounced, opened or clicked."""
        wanted = set(messages)
        taken = [one for one in self.accepted() if one["message"] in wanted]
        events = [_event(type, one) for one in taken]
        if events:
            self._emit({"events": events})

    def text(self, sender: str, words: str) -> None:
        """A customer texts the shop."""
        ours = next(one["from"] for one in self.accepted() if one["to"] == sender)
        self._emit({"replies": [{"from": sender, "to": ours, "text": words}]})

    def _emit(self, order: Json) -> None:
        answer = self._http.post("/_emit", json=order).raise_for_status().json()
        refused = [status for status in answer["answers"] if not 200 <= status < 300]
        if refused:
            raise ConnectionError(f"Encore answered webhooks with {sorted(set(refused))}.")

    def _get(self, path: str) -> Json:
        body: Json = self._http.get(path).raise_for_status().json()
        return body


def _event(type: str, taken: Json) -> Json:
    if taken["channel"] == "sms":
        error = {"error": 30003} if type == "bounced" else {}
        return {"message": taken["message"], "event": _SMS[type], **error}
    more: Json = {}
    if type == "bounced":
        more = {"type": "bounce", "reason": "550 5.1.1 There is no such mailbox."}
    elif type == "clicked":
        more = {"url": "https://harbour-records.example/"}
    return {"message": taken["message"], "event": _EMAIL[type], **more}

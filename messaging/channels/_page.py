"""What Messenger and Instagram share: chats of a page or an account through the Graph API, one message a request."""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

import httpx2
import msgspec

from content.cards import Button, buttons_of
from messaging.channel import Accepted, Hook, Letter, NotTaken, Outcome, Parcel, Receipt, Rejected, Reply, Uncertain
from messaging.channels import _meta as meta
from messaging.channels import _page_events as events
from messaging.channels._chat import Chat
from messaging.channels._http import said

# Send API reference: a card's title and subtitle, a button template's text, a button's title, how many buttons.
TITLE, BUTTON_TEXT, LABEL, BUTTONS = 80, 640, 20, 3

OUTSIDE_WINDOW = Rejected(reason="outside_window")
_UNREACHABLE = Rejected(reason="unreachable_address")
# What a refusal's subcode says of the receiver, whatever its code (Messenger Platform, error codes).
_SUBCODES: dict[int, Rejected | NotTaken] = {
    2018278: OUTSIDE_WINDOW,
    2534022: OUTSIDE_WINDOW,
    2018065: OUTSIDE_WINDOW,
    2018001: Rejected(reason="invalid_address"),
    2018108: _UNREACHABLE,
    1545041: _UNREACHABLE,
    2018047: Rejected(reason="bad_media"),
}
_REFUSED: dict[int, Rejected | NotTaken] = {
    551: Rejected(reason="blocked", suppress="blocked"),
    1200: NotTaken(reason="provider_error", retry_after=None),
}

Body = dict[str, Any]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What a page's or an account's settings come to; webhooks name `own`, "" where they may name it otherwise."""

    token: str
    id: str
    secret: str
    verify_token: str
    url: str
    tag: str = ""
    own: str = ""


class Page(Chat):
    """No idempotency key: receipts name Meta's own id of a message, which is found by its receiver."""

    window: ClassVar[timedelta | None] = timedelta(hours=24)
    longest: ClassVar[int]
    secret_variable: ClassVar[str]
    # What a message within the window says of itself, and whether an echo brings back what goes along with it.
    within: ClassVar[Mapping[str, str]] = {}
    echoed: ClassVar[bool] = False

    @property
    @abstractmethod
    def account(self) -> Account:
        """Whose chats they are."""

    def configured(self) -> bool:
        """Whether there are an account and a token for it."""
        return bool(self.account.token and self.account.id)

    def hand(self, parcel: Parcel, letter: Letter) -> Outcome:
        """A message within 24 hours of the receiver's last word; later with a tag, where it is no marketing."""
        if self.window_open(letter.address):
            kind = self.within
        elif self.account.tag and parcel.purpose != "marketing":
            kind = {"messaging_type": "MESSAGE_TAG", "tag": self.account.tag}
        else:
            return OUTSIDE_WINDOW
        message = request(letter.rendered.parts, self.longest)
        if self.echoed:
            message["metadata"] = f"{letter.message}:{parcel.token}"
        return self._post({"recipient": {"id": letter.address}, **kind, "message": message})

    def say(self, reply: Reply, text: str) -> bool:
        """Answer; whoever just wrote has opened the window."""
        return isinstance(
            self._post({"recipient": {"id": reply.address}, **self.within, "message": {"text": text}}), Accepted
        )

    def verify(self, hook: Hook) -> None:
        """Check X-Hub-Signature-256; raises Forged."""
        meta.verify(hook, self.account.secret, self.secret_variable)

    def challenge(self, query: Mapping[str, str]) -> str:
        """Meta's handshake; raises Forged."""
        return meta.challenge(query, self.account.verify_token)

    def receipts(self, hook: Hook) -> list[Receipt]:
        """Echoes, deliveries, reads and presses of buttons."""
        return events.receipts(hook, self.channel, self.account.own)

    def replies(self, hook: Hook) -> list[Reply]:
        """What people wrote and tapped, and the links they came by."""
        return events.replies(hook, self.channel, self.account.own)

    def _post(self, body: Body) -> Outcome:
        url = f"{self.account.url}/{meta.VERSION}/{self.account.id}/messages"
        return self.ask(url, body, {"Authorization": f"Bearer {self.account.token}"}, _outcome)


def request(parts: Mapping[str, str], longest: int) -> Body:
    """The message: a card with its picture where the words fit on one, a text with buttons, or a text with links."""
    text, media, buttons = parts.get("text", ""), parts.get("media", ""), buttons_of(parts)[:BUTTONS]
    why = Button(label=parts["why_label"], url=parts["why"]) if parts.get("why_label") else None
    title, _, subtitle = text.partition("\n")
    if media and len(title) <= TITLE and len(subtitle.strip()) <= TITLE:
        return {"attachment": _template(_cards(title, subtitle.strip(), media, buttons, why))}
    tail = "".join(f"\n{one}" for one in (media, f"{why.label} {why.url}" if why else "") if one)
    text = text[: longest - len(tail)] + tail
    if buttons and len(text) <= BUTTON_TEXT:
        payload = {"template_type": "button", "text": text, "buttons": [_button(one) for one in buttons]}
        return {"attachment": _template(payload)}
    replies = [one for one in buttons if not one.url]
    text = "\n".join([text, *(f"{one.label}: {one.url}" for one in buttons if one.url)])
    quick = {"quick_replies": [_quick(one) for one in replies]} if replies else {}
    return {"text": text[:longest], **quick}


def _template(payload: Body) -> Body:
    return {"type": "template", "payload": payload}


def _cards(title: str, subtitle: str, media: str, buttons: list[Button], why: Button | None) -> Body:
    """A card; where it has no room for one more button, the one that says why has a card beside it."""
    room = why is not None and len(buttons) < BUTTONS
    own = [*buttons, why] if why and room else buttons
    element: Body = {"title": title, "image_url": media}
    if subtitle:
        element["subtitle"] = subtitle
    if own:
        element["buttons"] = [_button(one) for one in own]
    beside = [{"title": why.label, "buttons": [_button(why)]}] if why and not room else []
    return {"template_type": "generic", "elements": [element, *beside]}


def _button(button: Button) -> Body:
    title = button.label[:LABEL]
    if button.url:
        return {"type": "web_url", "url": button.url, "title": title}
    return {"type": "postback", "title": title, "payload": button.label}


def _quick(button: Button) -> Body:
    return {"content_type": "text", "title": button.label[:LABEL], "payload": button.label}


def _outcome(response: httpx2.Response) -> Outcome:
    if response.status_code < 300:
        id_ = said(response).get("message_id")
        return Accepted(id_) if isinstance(id_, str) and id_ else Uncertain(reason="strange_answer")
    error = meta.error_of(response)
    subcode, code = error.get("error_subcode"), error.get("code")
    table = {code: _SUBCODES[subcode]} if isinstance(code, int) and subcode in _SUBCODES else _REFUSED
    return meta.refusal(response, table)

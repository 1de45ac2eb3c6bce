"""What is put to the WhatsApp Cloud API for a letter: an approved template, or free text while the window is open."""

from collections.abc import Mapping, Sequence
from typing import Any

from content.cards import Button, buttons_of
from messaging.channel import Letter

# Limits of the Cloud API (reference, Messages): of a text with buttons, of a caption.
WITH_BUTTONS, CAPTION = 1_024, 1_024
REPLY_BUTTONS = 3
LABEL = 20

Body = dict[str, Any]


def body(letter: Letter, token: str, *, window_open: bool) -> Body | None:
    """The request for a letter; None where the window is closed and there is no template, so that nothing may go."""
    parts = letter.rendered.parts
    if window_open and parts.get("text"):
        message = free(parts)
    elif parts.get("template"):
        message = {"type": "template", "template": template(parts)}
    else:
        return None
    envelope = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": letter.address.removeprefix("+")}
    return {**envelope, **message, "biz_opaque_callback_data": f"{letter.message}:{token}"}


def free(parts: Mapping[str, str]) -> Body:
    """Free text, with its picture and buttons as far as they fit into one message; links that do not, stand in it."""
    text, media, buttons = parts["text"], parts.get("media", ""), buttons_of(parts)
    spelt_out = with_links(text, [one for one in buttons if one.url])
    if buttons and len(spelt_out) <= WITH_BUTTONS:
        return {"type": "interactive", "interactive": _interactive(text, media, buttons)}
    if media and len(spelt_out) <= CAPTION:
        return {"type": "image", "image": {"link": media, "caption": spelt_out}}
    return {"type": "text", "text": {"body": spelt_out, "preview_url": True}}


def _interactive(text: str, media: str, buttons: Sequence[Button]) -> Body:
    """WhatsApp has either one link as a button, or up to three answers."""
    header = {"header": {"type": "image", "image": {"link": media}}} if media else {}
    replies = [one for one in buttons if not one.url][:REPLY_BUTTONS]
    links = [one for one in buttons if one.url]
    if links and not replies:
        parameters = {"display_text": links[0].label[:LABEL], "url": links[0].url}
        action: Body = {"name": "cta_url", "parameters": parameters}
        return {"type": "cta_url", **header, "body": {"text": with_links(text, links[1:])}, "action": action}
    made = [{"type": "reply", "reply": {"id": one.label[:256], "title": one.label[:LABEL]}} for one in replies]
    return {"type": "button", **header, "body": {"text": with_links(text, links)}, "action": {"buttons": made}}


def with_links(text: str, links: Sequence[Button]) -> str:
    """A text with links below it, a line each."""
    return "\n".join([text, *(f"{one.label}: {one.url}" for one in links)])


def template(parts: Mapping[str, str]) -> Body:
    """An approved template: `template` is name/language; `values` has a line for each variable of its body.

    `template_links` has a line for each of its link buttons: what comes after the address that was approved.
    """
    name, _, language = parts["template"].strip().partition("/")
    components: list[Body] = []
    if media := parts.get("media", ""):
        components.append({"type": "header", "parameters": [{"type": "image", "image": {"link": media}}]})
    if values := parts.get("values", "").splitlines():
        components.append({"type": "body", "parameters": [{"type": "text", "text": one.strip()} for one in values]})
    for number, one in enumerate(parts.get("template_links", "").splitlines()):
        parameter = {"type": "text", "text": one.strip()}
        components.append({"type": "button", "sub_type": "url", "index": str(number), "parameters": [parameter]})
    made: Body = {"name": name, "language": {"policy": "deterministic", "code": language or "en"}}
    return {**made, "components": components} if components else made

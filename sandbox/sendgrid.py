"""SendGrid's POST /v3/mail/send, as strict as the real one about what it takes, and what the receivers then see."""

import json
import re
from collections.abc import Iterator
from typing import Any

Error = dict[str, Any]

LIMIT = 1_000
BYTES = 10_000
_ADDRESS = re.compile(r"^[^@\s,;<>]{1,64}@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$")
_BARRED = frozenset(
    [
        *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"),
        *("to", "from", "subject", "reply-to", "cc", "bcc"),
    ]
)
_FIELDS = frozenset(
    [
        *("personalizations", "from", "reply_to", "reply_to_list", "subject", "content", "attachments", "template_id"),
        *("headers", "categories", "custom_args", "send_at", "batch_id", "asm", "ip_pool_name", "mail_settings"),
        "tracking_settings",
    ]
)
_OF_ONE = frozenset(
    [
        *("to", "cc", "bcc", "from", "subject", "headers", "substitutions", "dynamic_template_data"),
        *("custom_args", "send_at"),
    ]
)


def problem(field: str | None, message: str) -> Error:
    """An error in SendGrid's form."""
    return {"message": message, "field": field, "help": None}


def errors(body: Any) -> list[Error]:
    """Everything that SendGrid would refuse a request for; none means that it takes every letter in it."""
    if not isinstance(body, dict):
        return [problem(None, "Bad Request")]
    found = [problem(name, "Invalid field.") for name in sorted(set(body) - _FIELDS)]
    found += _of_address(body.get("from"), "from")
    if "reply_to" in body:
        found += _of_address(body["reply_to"], "reply_to")
    found += _of_content(body)
    found += _of_categories(body.get("categories", []))
    people = body.get("personalizations")
    if not isinstance(people, list) or not 1 <= len(people) <= LIMIT:
        return [*found, problem("personalizations", f"There must be 1 to {LIMIT} personalizations.")]
    for number, one in enumerate(people):
        found += _of_personalization(one, f"personalizations.{number}", "subject" in body)
    return found or list(_of_duplicates(people))


def letters(body: dict[str, Any], message_id: str) -> Iterator[dict[str, Any]]:
    """The letters of a request as their receivers see them: every tag replaced."""
    content = {part["type"]: part["value"] for part in body["content"]}
    for one in body["personalizations"]:
        tags = one.get("substitutions", {})
        receiver = one["to"][0]
        arguments = {**body.get("custom_args", {}), **one.get("custom_args", {})}
        yield {
            "provider": "sendgrid",
            "message": arguments.get("encore_message", ""),
            "token": arguments.get("encore_token", ""),
            "id": message_id,
            "address": receiver["email"],
            "name": receiver.get("name", ""),
            "from": body["from"]["email"],
            "from_name": body["from"].get("name", ""),
            "subject": _filled(one.get("subject") or body.get("subject", ""), tags),
            "text": _filled(content.get("text/plain", ""), tags),
            "html": _filled(content.get("text/html", ""), tags),
            "headers": {**body.get("headers", {}), **one.get("headers", {})},
            "categories": body.get("categories", []),
            "custom_args": arguments,
        }


def parse(body: bytes) -> Any:
    """The body as JSON, or None."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def _filled(text: str, tags: dict[str, str]) -> str:
    for tag, value in tags.items():
        text = text.replace(tag, value)
    return text


def _of_address(value: Any, field: str) -> list[Error]:
    if not isinstance(value, dict) or not isinstance(value.get("email"), str):
        return [problem(f"{field}.email", "The email address is required.")]
    if not _ADDRESS.match(value["email"]):
        return [problem(f"{field}.email", "Does not contain a valid address.")]
    if re.search(r"[,;]", str(value.get("name", ""))):
        return [problem(f"{field}.name", "The name parameter must not contain , or ;")]
    return []


def _of_content(body: dict[str, Any]) -> list[Error]:
    parts = body.get("content")
    if not isinstance(parts, list) or not parts:
        return [problem("content", "Unless a valid template_id is provided, the content parameter is required.")]
    found = []
    for number, part in enumerate(parts):
        if not isinstance(part, dict) or not part.get("type") or not isinstance(part.get("value"), str):
            found.append(problem(f"content.{number}", "Each content needs a type and a value."))
        elif not part["value"]:
            found.append(problem(f"content.{number}.value", "The content value must be at least one character."))
    kinds = [part.get("type") for part in parts if isinstance(part, dict)]
    if "text/plain" in kinds[1:]:
        found.append(problem("content", "If present, text/plain must be first, followed by text/html."))
    return found


def _of_categories(categories: Any) -> list[Error]:
    if not isinstance(categories, list) or len(categories) > 10 or len(set(map(str, categories))) < len(categories):
        return [problem("categories", "There may be at most 10 categories, each once.")]
    if any(not isinstance(one, str) or len(one) > 255 for one in categories):
        return [problem("categories", "A category is a text of at most 255 characters.")]
    return []


def _of_personalization(one: Any, field: str, has_subject: bool) -> list[Error]:
    if not isinstance(one, dict) or not isinstance(one.get("to"), list) or not one["to"]:
        return [problem(f"{field}.to", "The to array is required for all personalization objects.")]
    found = [problem(f"{field}.{name}", "Invalid field.") for name in sorted(set(one) - _OF_ONE)]
    for number, receiver in enumerate(one["to"]):
        found += _of_address(receiver, f"{field}.to.{number}")
    subject = one.get("subject")
    if not has_subject and not (isinstance(subject, str) and subject):
        found.append(problem(f"{field}.subject", "The subject is required."))
    for name in ("substitutions", "custom_args", "headers"):
        found += _of_texts(one.get(name, {}), f"{field}.{name}")
    barred = [name for name in one.get("headers", {}) if name.lower() in _BARRED]
    found += [problem(f"{field}.headers.{name}", "This header may not be overwritten.") for name in barred]
    return found


def _of_texts(texts: Any, field: str) -> list[Error]:
    if not isinstance(texts, dict) or any(not isinstance(value, str) for value in texts.values()):
        return [problem(field, "Must be an object of strings.")]
    if sum(len(name.encode()) + len(value.encode()) for name, value in texts.items()) > BYTES:
        return [problem(field, f"May not exceed {BYTES} bytes.")]
    return []


def _of_duplicates(people: list[dict[str, Any]]) -> Iterator[Error]:
    seen: set[str] = set()
    for receiver in (receiver for one in people for receiver in one["to"]):
        address = receiver["email"].lower()
        if address in seen:
            message = f"Each unique email address should only be included once: [{address}] is there more than once."
            yield problem("personalizations", message)
        seen.add(address)

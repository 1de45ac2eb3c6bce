"""The providers' own OpenAPI files, and whether a request fits them."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.support import bot_api, cloud_api

PROVIDERS = Path(__file__).resolve().parents[3] / "shared" / "data" / "providers"
MISSING = f"The providers' files are not at {PROVIDERS.name}/ in ../shared/data."
# They are made by one function, and the sandbox looks at each.
ENOUGH = 20
_SCHEMAS = {
    "sendgrid": (
        "sendgrid_oai/spec/paths/mail_send/mail_send.json",
        "/mail_send/post/requestBody/content/application~1json/schema",
    ),
    "twilio": (
        "twilio/twilio_api_v2010.json",
        "/paths/~12010-04-01~1Accounts~1{AccountSid}~1Messages.json/post/requestBody/content"
        "/application~1x-www-form-urlencoded/schema",
    ),
}


def available() -> bool:
    """Whether the files are there."""
    return PROVIDERS.is_dir()


def misfits(lines: Iterable[dict[str, Any]]) -> list[str]:
    """What in the sandbox's log does not fit the provider's file; nothing where there is no file."""
    if not available():
        return []
    return [fault for line in lines if line["type"] == "open" for fault in _misfits(line)]


def _misfits(line: dict[str, Any]) -> list[str]:
    provider = line["provider"]
    if provider == "whatsapp":
        return cloud_api.faults(PROVIDERS / cloud_api.FILE, json.loads(line["body"]))
    if provider == "telegram":
        return bot_api.faults(PROVIDERS / bot_api.FILE, line["path"].rpartition("/")[2], json.loads(line["body"]))
    if provider not in _SCHEMAS:
        return []  # this provider publishes no such file
    return faults(provider, parsed(provider, line["body"]))


def parsed(provider: str, body: str) -> Any:
    """A request's body as the schema sees it; of a large one the first few personalizations, for time's sake."""
    if provider == "twilio":
        return dict(parse_qsl(body, keep_blank_values=True))
    request = json.loads(body)
    request["personalizations"] = request["personalizations"][:ENOUGH]
    return request


def faults(provider: str, body: Any) -> list[str]:
    """Why a body does not fit; fields that the file does not know count too."""
    found = [f"{error.json_path}: {error.message}" for error in _validator(provider).iter_errors(body)]
    return found + [f"{name}: not in the file" for name in sorted(set(body) - _fields(provider))]


@cache
def _validator(provider: str) -> Draft202012Validator:
    path, pointer = _SCHEMAS[provider]
    address = (PROVIDERS / path).as_uri()
    return Draft202012Validator({"$ref": f"{address}#{pointer}"}, registry=Registry(retrieve=_retrieve))


@cache
def _fields(provider: str) -> frozenset[str]:
    path, pointer = _SCHEMAS[provider]
    node = json.loads((PROVIDERS / path).read_text())
    for step in pointer.strip("/").split("/"):
        node = node[step.replace("~1", "/").replace("~0", "~")]
    return frozenset(node["properties"])


def _retrieve(address: str) -> Resource[Any]:
    contents = json.loads(Path(unquote(urlsplit(address).path)).read_text())
    return Resource.from_contents(contents, default_specification=DRAFT202012)

"""Meta's own description of the WhatsApp Cloud API, and whether a request fits it."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

FILE = Path("whatsapp") / "whatsapp_business-messaging-api_v23.0.yaml"
# Not in the file, but in Meta's reference of the status webhook: what was given in this field comes back.
TOLD_ELSEWHERE = "biz_opaque_callback_data"
# Where the file contradicts its own examples, or lacks what Meta's reference describes (Cloud API, Messages).
TOLERATED = (
    "'cta_url'",  # interactive call-to-action URL button messages
    "does not match '^[2-6, 11-14]$'",  # the file's own examples have an index of "0"
)


def faults(file: Path, body: dict[str, Any]) -> list[str]:
    """Why the body of a message does not fit."""
    kind = str(body.get("type", "text"))
    known = {name: value for name, value in body.items() if name != TOLD_ELSEWHERE}
    found = [f"{error.json_path}: {error.message}" for error in _validator(file, kind).iter_errors(known)]
    return [fault for fault in found if not any(one in fault for one in TOLERATED)]


@cache
def _document(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)  # the safe one, in C
    return document


@cache
def _validator(file: Path, kind: str) -> Draft202012Validator:
    """The file forbids all other fields in each half of an `allOf`, and so everything: the halves are joined."""
    document = _document(file)
    schemas = document["components"]["schemas"]
    name = schemas["Message"]["discriminator"]["mapping"][kind].rpartition("/")[2]
    base, own = schemas["BaseMessageProperties"], schemas[name]["allOf"][1]
    address = file.as_uri()
    joined = {
        "type": "object",
        "required": [*base["required"], *own["required"]],
        "properties": {**base["properties"], **own["properties"]},
        "additionalProperties": False,
    }
    root = Resource.from_contents(document, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(address, root)
    return Draft202012Validator(_absolute(joined, address), registry=registry)


def _absolute(node: Any, address: str) -> Any:
    if isinstance(node, dict):
        return {
            name: f"{address}{value}" if name == "$ref" else _absolute(value, address) for name, value in node.items()
        }
    return [_absolute(one, address) for one in node] if isinstance(node, list) else node

"""The OpenAPI document is true: schemathesis sends what it allows, and what it does not, to the real application."""

import os
from functools import cache
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from api.app import document

# What is missing here is `positive_data_acceptance`: that an offer must exist, that a template may use only known
# variables, that one cannot cancel what is finished, is beyond what a schema says, and is refused with 409 or 422.
ALWAYS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
# So many bodies of each kind at full size; a few where every change is tested, always the same ones.
FULL = os.environ.get("ENCORE_FAULTS") == "full"
MODES = {
    GenerationMode.POSITIVE: (40 if FULL else 7, ALWAYS),
    GenerationMode.NEGATIVE: (25 if FULL else 5, [*ALWAYS, checks.negative_data_rejection]),
}
DOCUMENT = document()
OPERATIONS = sorted(
    (path, method) for path, methods in DOCUMENT["paths"].items() for method in methods if method != "parameters"
)


@schemathesis.serializer("text/csv", "application/x-ndjson")
def _as_it_is(context: Any, value: Any) -> Any:
    return {"data": str(value).encode(errors="surrogatepass")}


@cache
def _schema() -> Any:
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    # A wrong If-Match is refused as one that does not hold, and some wrong bodies are simply too large.
    schema.config.checks.negative_data_rejection.expected_statuses += ["412", "413"]
    return schema


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda value: value)
def test_an_operation_keeps_what_the_document_promises(path: str, method: str, app: Flask, admin: str) -> None:
    schema = _schema()
    schema.app = app
    for mode in MODES:
        cases = schema[path][method].as_strategy(mode, headers={"Authorization": f"Bearer {admin}"})
        try:
            _send(cases, *MODES[mode])
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE, "nothing can be sent to this operation"


def _send(cases: Any, examples: int, what: Any) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def promise(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=what)

    promise()

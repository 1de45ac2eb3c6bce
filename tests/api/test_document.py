"""The OpenAPI document is true: schemathesis sends what it allows, and what it does not, to the real application."""

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from api.app import document

EXAMPLES = 20
# What is missing here is `positive_data_acceptance`: that an offer must exist, that a template may use only known
# variables, that one cannot cancel what is finished, is beyond what a schema says, and is refused with 409 or 422.
ALWAYS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
MODES = {GenerationMode.POSITIVE: ALWAYS, GenerationMode.NEGATIVE: [*ALWAYS, checks.negative_data_rejection]}


@schemathesis.serializer("text/csv", "application/x-ndjson")
def _as_it_is(context: Any, value: Any) -> Any:
    return {"data": str(value).encode(errors="surrogatepass")}


def _operations() -> list[tuple[str, str]]:
    paths = document()["paths"]
    return sorted((path, method) for path, methods in paths.items() for method in methods if method != "parameters")


@pytest.mark.parametrize(("path", "method"), _operations(), ids=lambda value: value)
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_an_operation_keeps_what_the_document_promises(
    path: str, method: str, mode: GenerationMode, app: Flask, admin: str
) -> None:
    schema = schemathesis.openapi.from_dict(document())
    schema.app = app
    operation = schema[path][method]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode, headers={"Authorization": f"Bearer {admin}"}))
    def promise(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=MODES[mode])

    try:
        promise()
    except Unsatisfiable:
        pytest.skip("There is nothing to be wrong about in this operation.")

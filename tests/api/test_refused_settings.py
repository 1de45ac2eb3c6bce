"""Settings that name what there is not, or what nobody can mean: refused where they are set, by their name."""

import pytest

from tests.api.conftest import Call

STEP = {"success": "accepted"}


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PUT", "/v1/shop", {"caps": [{"count": 1, "days": 1, "channel": "fax"}]}, "caps.0.channel"),
        ("PUT", "/v1/shop", {"cheapest_first": ["sms", "fax"]}, "cheapest_first.1"),
        ("PUT", "/v1/providers/twilio", {"rate": 1e-300}, "rate"),
        ("PUT", "/v1/providers/twilio", {"price": {"amount": 1, "currency": "XXX"}}, "price.currency"),
        ("POST", "/v1/campaigns", {"limits": {"failover": {"fax": STEP}}}, "limits.failover.fax.key"),
        (
            *("POST", "/v1/campaigns", {"limits": {"budget": {"money": {"amount": 1, "currency": "XXX"}}}}),
            "limits.budget.money.currency",
        ),
        ("PUT", "/v1/customers/ana", {"addresses": {"email": ["😀@example.com"]}}, "addresses.email.0"),
    ],
)
def test_what_there_is_not_is_refused_by_its_name(
    call: Call, method: str, path: str, body: dict[str, object], field: str
) -> None:
    named = {"name": "Autumn", "segment": "s", "template": "t"} if path.endswith("campaigns") else {}
    answer = call(method, path, json=named | body)
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [field]


def test_what_there_is_is_taken(call: Call) -> None:
    shop = {"caps": [{"count": 1, "days": 1, "channel": "sms"}, {"count": 1, "days": 1}], "cheapest_first": ["sms"]}
    assert call("PUT", "/v1/shop", json=shop).status_code == 200
    assert call("PUT", "/v1/providers/twilio", json={"rate": 0.001}).status_code == 200
    assert call("PUT", "/v1/providers/twilio", json={"rate": 0}).status_code == 200

"""The channels, as the API shows them: where messages go, and what can be written for each."""

from flask.testing import FlaskClient

from content.forms import FORMS


def test_every_channel_says_who_carries_it_and_what_it_takes(client: FlaskClient) -> None:
    answer = client.get("/v1/channels")
    assert answer.status_code == 200
    shown = {one["name"]: one for one in answer.get_json()}
    assert set(shown) == set(FORMS)
    assert all(one["outbox"] and one["providers"] for one in shown.values())  # no settings: kept, and said so
    assert [one["name"] for one in shown["email"]["providers"]] == ["sendgrid", "smtp"]
    assert shown["inbox"]["providers"][0]["promise"] == "idempotent"
    push = {one["name"]: (one["required"], one["longest"]) for one in shown["web_push"]["parts"]}
    assert push["title"] == (True, 120)
    assert push["buttons"] == (False, None)

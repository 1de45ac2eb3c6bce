"""The stand-in must be as strict as the real ones, or tests against it prove nothing."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox import sendgrid, twilio
from sandbox.faults import Faults
from sandbox.log import Log
from tests.support.sandbox import REPOSITORY, ProviderSandbox

SID = "AC" + "0" * 31 + "1"


def mail(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "personalizations": [{"to": [{"email": "ana@example.com"}], "subject": "Hi"}],
        "from": {"email": "shop@example.com"},
        "content": [{"type": "text/plain", "value": "Hello"}],
    }
    return body | changes


def person(**changes: Any) -> dict[str, Any]:
    return {"to": [{"email": "ana@example.com"}], "subject": "Hi", **changes}


def test_a_sound_mail_has_no_errors() -> None:
    assert sendgrid.errors(mail()) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (None, None),
        ([], None),
        (mail(personalizations=[]), "personalizations"),
        (mail(personalizations=[person()] * 1_001), "personalizations"),
        (mail(personalizations=[person(), person()]), "personalizations"),
        (mail(personalizations=[person(to=[])]), "personalizations.0.to"),
        (mail(personalizations=[person(to=[{"email": "nobody"}])]), "personalizations.0.to.0.email"),
        (
            mail(personalizations=[person(to=[{"email": "a@b.example", "name": "A, B"}])]),
            "personalizations.0.to.0.name",
        ),
        (mail(personalizations=[person(subject="")]), "personalizations.0.subject"),
        (mail(personalizations=[person(headers={"Subject": "x"})]), "personalizations.0.headers.Subject"),
        (mail(personalizations=[person(substitutions={"-a-": "x" * 10_000})]), "personalizations.0.substitutions"),
        (mail(personalizations=[person(substitutions={"-a-": 1})]), "personalizations.0.substitutions"),
        (mail(personalizations=[person(custom_args={"a": "x" * 10_000})]), "personalizations.0.custom_args"),
        (mail(personalizations=[person(surprise=1)]), "personalizations.0.surprise"),
        (mail(content=[]), "content"),
        (mail(content=[{"type": "text/plain", "value": ""}]), "content.0.value"),
        (
            mail(content=[{"type": "text/html", "value": "x"}, {"type": "text/plain", "value": "x"}]),
            "content",
        ),
        (mail(categories=[str(number) for number in range(11)]), "categories"),
        (mail(categories=["a", "a"]), "categories"),
        (mail(reply_to={"email": "x"}), "reply_to.email"),
        (mail(**{"from": {"name": "x"}}), "from.email"),
        (mail(surprise=1), "surprise"),
    ],
)
def test_what_sendgrid_refuses_is_refused_and_named(body: Any, field: str | None) -> None:
    assert field in [error["field"] for error in sendgrid.errors(body)]


def test_ten_thousand_bytes_of_substitutions_are_just_allowed() -> None:
    assert sendgrid.errors(mail(personalizations=[person(substitutions={"-a-": "x" * 9_997})])) == []


def test_receivers_see_their_own_substitutions() -> None:
    body = mail(
        personalizations=[
            person(substitutions={"-n-": "Ana"}, custom_args={"encore_message": "m1", "encore_token": "t"})
        ],
        content=[{"type": "text/plain", "value": "Hello -n-, -n-!"}, {"type": "text/html", "value": "<b>-n-</b>"}],
    )
    (letter,) = sendgrid.letters(body, "id")
    assert (letter["text"], letter["html"]) == ("Hello Ana, Ana!", "<b>Ana</b>")
    assert (letter["message"], letter["token"], letter["address"]) == ("m1", "t", "ana@example.com")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "911"}, 21211),
        ({"From": ""}, 21603),
        ({"From": "#"}, 21212),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1_601}, 21617),
        ({"StatusCallback": "nowhere"}, 21609),
        ({"To": "+12025550199"}, 21610),
    ],
)
def test_what_twilio_refuses_is_refused_with_its_code(changes: dict[str, str], code: int) -> None:
    fields = {"To": "+12025550100", "From": "+15005550006", "Body": "Hello", **changes}
    with pytest.raises(twilio.Refused) as refusal:
        twilio.check(fields, {"+12025550199"})
    assert refusal.value.code == code


def test_a_rule_holds_as_often_and_for_whom_it_says() -> None:
    faults = Faults()
    faults.set([{"status": 500, "count": 2}, {"status": 429, "address": "ana@example.com"}])
    met = [
        faults.draw("sendgrid", [who]).status for who in ("x", "ana@example.com", "ana@example.com", "bo@example.com")
    ]
    assert met == [500, 500, 429, 0]


def test_chance_is_the_same_for_the_same_seed() -> None:
    def drawn(seed: int) -> list[int]:
        faults = Faults()
        faults.set([{"status": 500, "probability": 0.3, "seed": seed}])
        return [faults.draw("twilio", []).status for _ in range(1_000)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 200 < drawn(1).count(500) < 400


def test_a_rule_there_is_not_is_refused(provider_sandbox: ProviderSandbox) -> None:
    answer = httpx2.post(f"{provider_sandbox.url}/_control", json={"explode": True})
    assert answer.status_code == 422
    assert "explode" in answer.text


def send(sandbox: ProviderSandbox, **changes: Any) -> httpx2.Response:
    headers = {
        "Authorization": f"Bearer {sandbox.environment['ENCORE_SENDGRID_API_KEY']}",
        **changes.pop("headers", {}),
    }
    return httpx2.post(f"{sandbox.url}/v3/mail/send", json=mail(**changes), headers=headers, timeout=1)


def test_the_log_tells_when_a_request_was_open_and_what_was_accepted(provider_sandbox: ProviderSandbox) -> None:
    args = {"encore_message": "m1", "encore_token": "t1"}
    assert send(provider_sandbox, subject="Hi", personalizations=[person(custom_args=args)]).status_code == 202
    opened, accepted, closed = provider_sandbox.lines()
    assert (opened["type"], accepted["type"], closed["type"]) == ("open", "accepted", "close")
    assert opened["messages"] == ["m1"]
    assert opened["request"] == closed["request"]
    assert opened["at"] <= accepted["at"] <= closed["at"]
    on_disk = [json.loads(line) for line in provider_sandbox.log.read_text().splitlines()]
    assert on_disk[1] == accepted


def test_wrong_keys_are_not_let_in(provider_sandbox: ProviderSandbox) -> None:
    assert send(provider_sandbox, subject="Hi", headers={"Authorization": "Bearer wrong"}).status_code == 401
    url = f"{provider_sandbox.url}/2010-04-01/Accounts/{SID}/Messages.json"
    answer = httpx2.post(url, data={"To": "+12025550100", "From": "+15005550006", "Body": "x"}, auth=(SID, "wrong"))
    assert answer.status_code == 401
    assert answer.json()["code"] == 20003
    assert provider_sandbox.accepted() == []


@pytest.mark.parametrize(
    ("fault", "accepted"),
    [("reset_before", 0), ("reset_after", 1), ("hang", 0), ("accept_then_hang", 1)],
)
def test_what_is_reset_or_hangs_says_in_the_log_whether_it_was_accepted(
    provider_sandbox: ProviderSandbox, fault: str, accepted: int
) -> None:
    provider_sandbox.misbehave({fault: True})
    with pytest.raises(httpx2.TransportError):
        send(provider_sandbox, subject="Hi")
    assert len(provider_sandbox.accepted()) == accepted


def test_the_log_is_read_only_as_far_as_lines_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = Log(path)
    log.note("open")
    with path.open("ab") as torn:
        torn.write(b'{"type": "acc')
    assert [line["type"] for line in log.read()] == ["open"]
    log.close()


def test_it_runs_on_its_own_and_goes_when_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox", "--log", str(tmp_path / "log")]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        key = httpx2.get(f"{told['url']}/_key").json()
        assert key["sendgrid_webhook_key"] == told["environment"]["ENCORE_SENDGRID_WEBHOOK_KEY"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0

"""Addresses come in as people write them and are kept in one form."""

import json

import pytest

from common.errors import Invalid
from customers.addresses import channel_of, normalise


@pytest.mark.parametrize(
    ("channel", "raw", "country", "kept"),
    [
        ("email", " Ana.Silva@Example.COM ", "", "ana.silva@example.com"),
        ("sms", "912 345 678", "PT", "+351912345678"),
        ("sms", "912 345 678", "pt", "+351912345678"),
        ("sms", "+351 912-345-678", "", "+351912345678"),
        ("sms", "00351912345678", "PT", "+351912345678"),
        ("sms", "(212) 555-0123", "US", "+12125550123"),
    ],
)
def test_an_address_is_kept_in_one_form(channel: str, raw: str, country: str, kept: str) -> None:
    assert normalise(channel, raw, country) == kept
    assert normalise(channel, kept, "DE") == kept
    assert channel_of(kept) == channel


@pytest.mark.parametrize(
    ("channel", "raw", "kept"),
    [
        ("whatsapp", "+351 912 345 678", "+351912345678"),
        ("telegram", " 123456789 ", "123456789"),
        ("viber", "01234567890A=", "01234567890A="),
        ("messenger", "4321567890123456", "4321567890123456"),
        ("instagram", "17841400000000000", "17841400000000000"),
        ("line", "U" + "0a" * 16, "U" + "0a" * 16),
        ("mobile_push", "bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1", "bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1"),
        ("inbox", "01k9zq2m3n4p5q6r7s8t9v0w1x", "01k9zq2m3n4p5q6r7s8t9v0w1x"),
        ("webhook", "crm/4711", "crm/4711"),
    ],
)
def test_an_address_that_a_provider_gave_is_kept_as_it_gave_it(channel: str, raw: str, kept: str) -> None:
    assert normalise(channel, raw) == kept
    assert normalise(channel, kept) == kept


KEYS = {"auth": "tBHItJI5svbpez7KI4CCXg", "p256dh": "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"}  # fmt: skip  # noqa: E501


def test_a_push_subscription_is_kept_in_one_form_whatever_else_the_browser_says() -> None:
    endpoint = "https://push.example/send/abc"
    once = normalise("web_push", json.dumps({"endpoint": endpoint, "expirationTime": None, "keys": KEYS}))
    padded = {name: value + "=" * (-len(value) % 4) for name, value in reversed(KEYS.items())}
    again = normalise("web_push", json.dumps({"keys": padded, "endpoint": endpoint}, indent=2))
    assert once == again == normalise("web_push", once)
    assert json.loads(once) == {"endpoint": endpoint, "keys": KEYS}


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "null",
        "[]",
        "nonsense",
        '{"endpoint":"https://push.example/abc"}',
        json.dumps({"endpoint": "http://push.example/abc", "keys": KEYS}),
        json.dumps({"endpoint": "https://", "keys": KEYS}),
        json.dumps({"endpoint": "https://user@push.example/", "keys": KEYS}),
        json.dumps({"endpoint": "https://push.example:99999/", "keys": KEYS}),
        json.dumps({"endpoint": "https://push.example/a\r\nb", "keys": KEYS}),
        json.dumps({"endpoint": "https://push.example/", "keys": KEYS | {"auth": "AAAA"}}),
        json.dumps({"endpoint": "https://push.example/", "keys": KEYS | {"p256dh": KEYS["auth"]}}),
        json.dumps({"endpoint": "https://push.example/", "keys": KEYS | {"auth": "🦊"}}),
        json.dumps({"endpoint": "https://push.example/" + "a" * 4_000, "keys": KEYS}),
    ],
)
def test_what_is_no_push_subscription_is_refused(raw: str) -> None:
    with pytest.raises(Invalid) as refusal:
        normalise("web_push", raw)
    assert list(refusal.value.fields) == ["web_push"]


@pytest.mark.parametrize(
    ("channel", "raw", "country"),
    [
        ("email", "", ""),
        ("email", "ana", ""),
        ("email", "ana@", ""),
        ("email", "ana@example.com\nBcc: all@example.com", ""),
        ("email", "ana@exa mple.com", ""),
        ("email", "a" * 400 + "@example.com", ""),
        ("sms", "", "PT"),
        ("sms", "912345678", ""),
        ("sms", "12", "PT"),
        ("sms", "+" + "9" * 40, ""),
        ("sms", "call me", "PT"),
        ("sms", "912345678", "XX"),
        ("pigeon", "Ana", "PT"),
        ("email", "Ana <ana@example.com>", ""),
        ("email", "ana@example.com, bo@example.com", ""),
        ("email", "ana\r@example.com", ""),
        ("email", "a" * 10_000, ""),
        ("email", "ana@-example.com", ""),
        ("email", "ana@example", ""),
        ("email", "🦊🦊@🦊🦊", ""),
        ("email", "😀@example.com", ""),
        ("email", "jürgen@example.com", ""),
        ("email", "a" * 65 + "@example.com", ""),
        ("sms", "+1 212 555 1234 ext. 5", ""),
        ("sms", "+1 212 555 1234;ext=5", ""),
        ("sms", "555-1234", "US"),
        ("sms", "32665", "US"),
        ("sms", "110", "DE"),
        ("sms", "9" * 10_000, "PT"),
        ("sms", "+351912345678\n+351912345679", ""),
        ("whatsapp", "912345678", ""),
        ("telegram", "@ana_silva", ""),
        ("viber", "ana silva", ""),
        ("messenger", "ana.silva", ""),
        ("instagram", "@ana", ""),
        ("line", "ana_line", ""),
        ("line", "U" + "0A" * 16, ""),
        ("mobile_push", "short", ""),
        ("mobile_push", "a" * 5_000, ""),
        ("inbox", "ana@example.com", ""),
        ("webhook", "a\r\nb", ""),
        ("webhook", "é", ""),
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(channel: str, raw: str, country: str) -> None:
    with pytest.raises(Invalid) as refusal:
        normalise(channel, raw, country)
    assert list(refusal.value.fields) == [channel]
    assert not raw or len(raw) < 4 or raw not in str(refusal.value)

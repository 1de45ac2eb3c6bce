"""Addresses come in as people write them and are kept in one form."""

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
        ("sms", "+1 212 555 1234 ext. 5", ""),
        ("sms", "+1 212 555 1234;ext=5", ""),
        ("sms", "555-1234", "US"),
        ("sms", "32665", "US"),
        ("sms", "110", "DE"),
        ("sms", "9" * 10_000, "PT"),
        ("sms", "+351912345678\n+351912345679", ""),
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(channel: str, raw: str, country: str) -> None:
    with pytest.raises(Invalid) as refusal:
        normalise(channel, raw, country)
    assert list(refusal.value.fields) == [channel]
    assert not raw or len(raw) < 4 or raw not in str(refusal.value)

"""Whose a visit was: what machines call themselves, and what gives them away."""

import pytest

from messaging.sightings import Visit

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
GMAIL_AHEAD = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0"
)


@pytest.mark.parametrize(
    ("agent", "machine"),
    [
        (PHONE, False),
        (GMAIL, False),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", False),
        ("Mozilla/5.0", True),  # Apple's mail privacy
        (GMAIL_AHEAD, True),
        ("", True),
        ("Mozilla/5.0 (compatible; Barracuda Sentinel (EE))", True),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", True),
        ("curl/8.5.0", True),
        ("python-requests/2.32", True),
        ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0", True),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", True),
        ("WhatsApp/2.23.20.0", True),
    ],
)
def test_machines_are_known_by_what_they_call_themselves(agent: str, machine: bool) -> None:
    assert Visit(agent=agent).by_machine is machine
    assert Visit(agent=agent, ahead=True).by_machine

"""Mail by SMTP: encrypted or not at all, signed, each outcome as certain as the server's word makes it."""

import base64
import email
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import dkim
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from common.errors import Forged, Invalid
from common.settings import Settings
from messaging.channel import Accepted, Hook, NotTaken, Outbox, Outcome, Parcel, Rejected, Uncertain
from messaging.channels.smtp import Smtp
from tests.support.clock import ManualClock
from tests.support.letters import letter, parcel, parcel_of
from tests.support.mail import Mailbox, certificate, mail_server

NO_OUTBOX: Outbox = None  # type: ignore[assignment]  # it has a server
AT = ManualClock().now()
Send = Callable[..., Outcome]


def provider(port: int, scheme: str = "smtp", host: str = "127.0.0.1", wait: float = 0.5, **own: Any) -> Smtp:
    given = {"SMTP_URL": f"{scheme}://{host}:{port}", "SMTP_PLAIN": str(scheme == "smtp"), **own}
    environment = {f"ENCORE_{name.upper()}": str(value) for name, value in given.items()}
    settings = Settings(public_url="http://shop.test", http_timeout=wait, secret_keys="k2,k1", environment=environment)
    return Smtp(settings, NO_OUTBOX, ManualClock())


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


def only(outcomes: dict[str, Outcome], message: str = "m0") -> Outcome:
    return outcomes[message]


def read(mail: bytes) -> EmailMessage:
    found = email.message_from_bytes(mail, policy=default)
    assert isinstance(found, EmailMessage)
    assert found.defects == []
    return found


def test_a_letter_arrives_as_it_was_written_in_a_transaction_of_its_own(box: Mailbox) -> None:
    sent = parcel_of("email", 3, reply_to="answers@shop.example")
    outcomes = provider(box.port).hand_over(sent)
    assert [only(outcomes, f"m{number}") for number in range(3)] == [
        Accepted(f"<m{number}.t1@shop.example>") for number in range(3)
    ]
    assert [one.receiver for one in box.taken] == [one.address for one in sent.letters]
    mail = read(box.taken[1].mail)
    parts = sent.letters[1].rendered.parts
    assert (mail["Subject"], mail["To"], mail["Reply-To"]) == (
        parts["subject"],
        "No 1 <no1@example.com>",
        "answers@shop.example",
    )
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for kind, part in (("plain", "text"), ("html", "html")):
        body = mail.get_body((kind,))
        assert body is not None
        assert body.get_content().replace("\r\n", "\n") == parts[part]


HOSTILE = {"name": "Ana\r\nBcc: all@shop.example\u202e🦊" * 400}


def test_names_and_subjects_inject_nothing_however_long_and_strange(box: Mailbox) -> None:
    strange = msgspec.structs.replace(
        letter("email", 0, subject="Grüße 🎁, " * 60, text="a" * 5_000 + "\n.\nFrom b", html="<p>\ud83e</p>"), **HOSTILE
    )
    injected = letter("email", 1, subject="Hello\r\nBcc: all@shop.example")
    headed = letter("email", 2)
    bad = headed.rendered.headers | {"List-Unsubscribe": "<https://a.example>\nBcc: all@shop.example"}
    headed = msgspec.structs.replace(headed, rendered=msgspec.structs.replace(headed.rendered, headers=bad))
    sent = parcel("email", [strange, injected, headed], sender_name="The shop\r\nBcc: x@shop.example")
    outcomes = provider(box.port).hand_over(sent)
    assert isinstance(only(outcomes), Accepted)
    for message in ("m1", "m2"):
        refused = only(outcomes, message)
        assert isinstance(refused, Rejected)
        assert (refused.reason, refused.suppress) == ("bad_content", "")
    (taken,) = box.taken
    mail = read(taken.mail)
    assert "Bcc" not in mail
    assert mail["Subject"] == "Grüße 🎁, " * 60
    assert max(map(len, taken.mail.split(b"\r\n"))) <= 998
    assert mail["To"].addresses[0].addr_spec == "no0@example.com"


@pytest.mark.parametrize(
    "address", ["not an address", "ana@example.com>\r\nRCPT TO:<b@example.com", "🦊@example.com", "ana", "@", ""]
)
def test_an_address_that_only_looks_right_is_rejected_and_the_others_go_out(box: Mailbox, address: str) -> None:
    bad = msgspec.structs.replace(letter("email", 1), address=address)
    outcomes = provider(box.port).hand_over(parcel("email", [bad, letter("email", 2)]))
    assert isinstance(only(outcomes, "m1"), Rejected)
    assert isinstance(only(outcomes, "m2"), Accepted)
    assert [one.receiver for one in box.taken] == ["no2@example.com"]


def test_a_domain_in_other_letters_is_written_as_servers_know_it(box: Mailbox) -> None:
    sent = msgspec.structs.replace(letter("email", 1), address="ana@bücher.example")
    provider(box.port).hand_over(parcel("email", [sent]))
    assert [one.receiver for one in box.taken] == ["ana@xn--bcher-kva.example"]


@pytest.mark.parametrize(
    ("answer", "outcome", "reason", "suppress"),
    [
        ("550 5.1.1 No such user", Rejected, "refused", "hard_bounce"),
        ("553 5.1.10 Null MX", Rejected, "refused", "hard_bounce"),
        ("550 5.7.1 Blocked for spam", Rejected, "refused", ""),
        ("552 5.2.2 Mailbox full", Rejected, "refused", ""),
        ("550 go away", Rejected, "refused", ""),
        ("450 4.2.1 Greylisted, come back", NotTaken, "temporary", ""),
        ("452 4.5.3 Too many recipients", NotTaken, "temporary", ""),
        ("421 4.7.0 Too fast", NotTaken, "rate_limited", ""),
    ],
)
@pytest.mark.parametrize("when", ["rcpt", "data"])
def test_what_the_server_says_is_believed(
    box: Mailbox, when: str, answer: str, outcome: type[Outcome], reason: str, suppress: str
) -> None:
    if when == "rcpt":
        box.rcpt = {"no0@example.com": answer}
    else:
        box.data = answer
    outcomes = provider(box.port).hand_over(parcel_of("email", 2))
    found = only(outcomes)
    assert isinstance(found, outcome)
    assert found.reason == reason  # type: ignore[union-attr]  # refusals have one
    assert getattr(found, "suppress", "") == suppress
    if when == "rcpt" and reason != "rate_limited":
        assert [one.receiver for one in box.taken] == ["no1@example.com"]


@pytest.mark.parametrize(
    ("answer", "stop"), [("550 5.7.1 Not your domain", True), ("530 5.7.0 Log in", True), ("451 4.3.0 Busy", False)]
)
def test_a_refused_sender_stops_everything(box: Mailbox, answer: str, stop: bool) -> None:
    box.mail = answer
    found = only(provider(box.port).hand_over(parcel_of("email")))
    assert isinstance(found, NotTaken)
    assert found.stop == stop


@pytest.mark.parametrize(("fault", "reason"), [({"hang": 2.0}, "no_answer"), ({"close": True}, "connection_lost")])
def test_an_answer_lost_after_the_data_leaves_that_letter_uncertain_and_the_rest_unsent(
    box: Mailbox, fault: dict[str, Any], reason: str
) -> None:
    for name, value in fault.items():
        setattr(box, name, value)
    outcomes = provider(box.port).hand_over(parcel_of("email", 3))
    assert only(outcomes) == msgspec.structs.replace(only(outcomes), reason=reason)  # type: ignore[type-var]  # a Struct
    assert isinstance(only(outcomes), Uncertain)
    assert all(isinstance(only(outcomes, one), NotTaken) for one in ("m1", "m2"))
    assert len(box.taken) == (1 if "close" in fault else 0)


def test_without_encryption_or_with_a_wrong_certificate_nothing_leaves_the_house(box: Mailbox, tmp_path: Path) -> None:
    plain = provider(box.port, smtp_plain="false").hand_over(parcel_of("email"))
    assert isinstance(only(plain), NotTaken)
    assert plain["m0"].reason == "no_encryption"  # type: ignore[union-attr]  # it is NotTaken
    right = certificate(tmp_path, "localhost")
    for implicit, scheme in ((True, "smtps"), (False, "smtp")):
        with mail_server(right, implicit=implicit) as server:
            for host, more in (("localhost", {}), ("127.0.0.1", {"smtp_ca_file": right})):
                own = provider(server.port, scheme, host, smtp_plain="false", **more)
                found = only(own.hand_over(parcel_of("email")))
                assert isinstance(found, NotTaken)
                assert (found.reason, found.stop) == ("certificate", True)
            assert server.taken == []
            own = provider(server.port, scheme, "localhost", smtp_plain="false", smtp_ca_file=right)
            assert isinstance(only(own.hand_over(parcel_of("email"))), Accepted)
    assert box.taken == []


def test_a_wrong_password_stops_everything_and_a_right_one_is_let_in(tmp_path: Path) -> None:
    right = certificate(tmp_path, "localhost")
    own = {"smtp_plain": "false", "smtp_ca_file": right, "smtp_username": "shop", "wait": 10.0}
    with mail_server(right, login=True) as server:
        found = only(
            provider(server.port, "smtp", "localhost", **own, smtp_password="wrong").hand_over(parcel_of("email"))
        )
        assert isinstance(found, NotTaken)
        assert (found.reason, found.stop) == ("credentials", True)
        let_in = provider(server.port, "smtp", "localhost", **own, smtp_password="secret")
        assert isinstance(only(let_in.hand_over(parcel_of("email"))), Accepted)


def test_a_server_that_is_away_has_certainly_not_taken_it() -> None:
    for host in ("127.0.0.1", "nowhere.invalid"):
        found = only(provider(1, host=host).hand_over(parcel_of("email")))
        assert isinstance(found, NotTaken)
        assert (found.reason, found.stop) == ("unreachable", False)


@pytest.mark.parametrize(
    "url", ["nonsense", "http://mail.example", "smtp://", "smtp://a:b@mail.example", "smtp://a.example:x", "smtp://a/b"]
)
def test_an_address_that_is_no_mail_server_is_named_at_the_start(url: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Smtp(Settings(environment={"ENCORE_SMTP_URL": url}), NO_OUTBOX, ManualClock())
    assert list(refusal.value.fields) == ["ENCORE_SMTP_URL"]


def keys() -> tuple[str, Callable[..., bytes]]:
    """A private key, and the name service that tells the public one."""
    made = rsa.generate_private_key(65_537, 1_024)
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = base64.b64encode(made.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    def told(name: bytes, timeout: float = 5) -> bytes:
        assert name == b"encore._domainkey.shop.example."
        return b"v=DKIM1; k=rsa; p=" + public

    return pem, told


def test_mail_is_signed_over_its_words_and_the_way_out(box: Mailbox, tmp_path: Path) -> None:
    pem, told = keys()
    place = tmp_path / "dkim.pem"
    place.write_text(pem)
    for key in (pem, str(place), pem.replace("\n", "\\n")):
        own = {"dkim_domain": "shop.example", "dkim_selector": "encore", "dkim_key": key}
        assert isinstance(only(provider(box.port, **own).hand_over(parcel_of("email"))), Accepted)
    for taken in box.taken:
        assert dkim.verify(taken.mail, dnsfunc=told)
    mail = box.taken[0].mail
    for old, new in (
        (b"shop.test/u/0", b"shop.test/u/9"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=No-Click"),
        (b"Subject: For you", b"Subject: To you"),
        (b"CODE0", b"CODE9"),
        (b"From: ", b"From: Eve <eve@evil.example>\r\nFrom: "),
    ):
        assert old in mail
        assert not dkim.verify(mail.replace(old, new, 1), dnsfunc=told)


def test_a_key_that_is_none_stops_everything(box: Mailbox) -> None:
    for key in ("wrong", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"):
        found = only(
            provider(box.port, dkim_domain="a.example", dkim_selector="b", dkim_key=key).hand_over(parcel_of("email"))
        )
        assert isinstance(found, NotTaken)
        assert found.stop
    assert box.taken == []


def report(taken: Any, action: str = "failed", status: str = "5.1.1", to: str = "") -> Hook:
    """A bounce as Postfix writes it, with the headers of the letter behind it."""
    head = taken.mail.partition(b"\r\n\r\n")[0].decode()
    body = (
        f"From: MAILER-DAEMON@mx.example\r\nTo: {to or taken.sender}\r\nSubject: Undelivered Mail\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; somebody-else@example.com\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} it says\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{head}\r\n\r\n--b--\r\n"
    )
    return Hook(url="http://shop.test/webhooks/email", at=AT, headers={}, body=body.encode())


@pytest.fixture
def bouncing(box: Mailbox) -> Smtp:
    made = provider(box.port, smtp_bounces="bounces@shop.example")
    made.hand_over(parcel_of("email"))
    return made


@pytest.mark.parametrize(
    ("action", "status", "type_", "permanent"),
    [
        ("failed", "5.1.1", "bounced", True),
        ("Failed", "5.2.2", "bounced", False),
        ("failed", "4.4.7", "undelivered", False),
        ("delivered", "2.0.0", "delivered", False),
        ("delayed", "4.4.1", "unknown", False),
        ("teleported", "", "unknown", False),
    ],
)
def test_mail_that_comes_back_names_its_message_and_attempt(
    box: Mailbox, bouncing: Smtp, action: str, status: str, type_: str, permanent: bool
) -> None:
    hook = report(box.taken[0], action, status)
    bouncing.verify(hook)
    (receipt,) = bouncing.receipts(hook)
    assert (receipt.message, receipt.token, receipt.type, receipt.permanent) == ("m0", "t1", type_, permanent)
    assert receipt.address == ""  # whoever writes a report could name anybody's
    assert bouncing.receipts(hook)[0].key == receipt.key


def test_a_report_to_an_address_that_we_never_made_is_forged(box: Mailbox, bouncing: Smtp) -> None:
    sender = box.taken[0].sender
    assert sender.startswith("bounces+m0-")
    assert len(sender.partition("@")[0]) <= 64
    for to in (sender.replace("m0", "m1"), sender.replace("+m0-", "+m0-a"), "bounces@shop.example", "x"):
        with pytest.raises(Forged):
            bouncing.verify(report(box.taken[0], to=to))
    with pytest.raises(Forged):
        provider(box.port).verify(report(box.taken[0]))
    older = provider(box.port, smtp_bounces="bounces@shop.example")
    older.settings = msgspec.structs.replace(older.settings, secret_keys="k3,k2")
    older.verify(report(box.taken[0]))


def test_what_comes_back_and_is_no_report_is_kept_as_unknown(box: Mailbox, bouncing: Smtp) -> None:
    note = f"To: {box.taken[0].sender}\r\nSubject: Out of office\r\n\r\nBack on Monday".encode()
    hook = Hook(url="", at=AT, headers={}, body=note)
    bouncing.verify(hook)
    (receipt,) = bouncing.receipts(hook)
    assert (receipt.message, receipt.type, receipt.detail) == ("m0", "unknown", "mail: Out of office")


def test_it_is_used_only_where_there_is_a_server() -> None:
    assert not Smtp(Settings(), NO_OUTBOX, ManualClock()).configured()
    empty: Parcel = parcel_of("email", 0)
    assert provider(1).hand_over(empty) == {}

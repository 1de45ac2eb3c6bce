"""STOP, START and HELP are obeyed, in any language we send, before they are acknowledged."""

from datetime import timedelta

import pytest

from customers.customer import Customer, preferred_source
from messaging.channel import Reply
from messaging.keywords import channel_named, keyword_of
from tests.messaging.reporting import reports, settings
from tests.support.clock import ManualClock
from tests.support.reports import Reports

__all__ = ["reports", "settings"]

ANA = "+12025550100"


@pytest.fixture(autouse=True)
def ana(reports: Reports) -> None:
    reports.office.customer("ana", addresses={"sms": [ANA]})


def suppressed(reports: Reports) -> dict[str, str]:
    return reports.services.suppressions.among("sms", [ANA], "transactional")


def consent(reports: Reports, channel: str = "sms") -> str:
    return reports.services.customers.get(["ana"])["ana"].consents[channel]["marketing"].state


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("STOP", "stop"),
        ("  stop. ", "stop"),
        ("Stop!!!", "stop"),
        ("stop please", "stop"),
        ("“Stop”", "stop"),
        ("UNSUBSCRIBE", "stop"),
        ("Arrêt", "stop"),
        ("ARRE\u0302T", "stop"),
        ("baja", "stop"),
        ("Sair", "stop"),
        ("Abmelden", "stop"),
        ("STOPP 🙏", "stop"),
        ("Bitte abmelden", "stop"),
        ("baja por favor", "stop"),
        ("/stop", "stop"),
        ("СТОП", "stop"),
        ("стоп пожалуйста", "stop"),
        ("Στοπ", "stop"),
        ("配信停止", "stop"),
        ("ストップ", "stop"),
        ("หยุด", "stop"),
        ("إيقاف", "stop"),
        ("iptal", "stop"),
        ("Stop all of it!", "stop"),
        ("leiratkozás", "stop"),
        ("arrête", "stop"),
        ("cancelar suscripción", "stop"),
        ("Désabonnement", "stop"),
        ("wypisz mnie", "stop"),
        ("Lopeta kiitos", "stop"),
        ("Basta", "stop"),
        ("إلغاء", "stop"),
        ("Hola, quiero darme de baja por favor. Gracias", "stop"),
        ("Cancel\n\nSent from my iPhone", "stop"),
        ("Abmelden\n-- \nAna Silva\nHafenstraße 1", "stop"),
        ("Don't text me", "stop"),
        ("help\n\nEnvoyé de mon iPhone", "help"),
        ("don't stop the good work", ""),
        ("Cancel\n\nmy order from Monday", ""),
        ("Basta un attimo?", ""),
        ("Non basta, grazie", ""),
        ("Ich möchte kündigen, was mir nicht passt", ""),
        ("Can I cancel? Sent from my iPhone", ""),
        ("Thanks", ""),
        ("Unsubscribe me please", "stop"),
        ("開始", "start"),
        ("ヘルプ", "help"),
        ("please", ""),
        ("配信停止の方法は", ""),
        ("start", "start"),
        ("Começar", "start"),
        ("UNSTOP", "start"),
        ("Hilfe?", "help"),
        ("ayuda", "help"),
        ("Don't stop", ""),
        ("Cancel my order please", ""),
        ("When does it end?", ""),
        ("", ""),
        ("\0", ""),
        ("🎂", ""),
    ],
)
def test_a_command_is_understood_and_a_sentence_is_not_taken_for_one(text: str, keyword: str) -> None:
    assert keyword_of(text) == keyword


def test_a_stop_is_obeyed_before_it_is_acknowledged(reports: Reports) -> None:
    (answer,) = reports.text((ANA, "Stop"))
    assert suppressed(reports) == {ANA: "stop"}
    assert "<Message>" not in answer


def test_a_stop_withdraws_the_consent_on_that_channel_alone(reports: Reports, clock: ManualClock) -> None:
    clock.advance(1)
    reports.text((ANA, "STOP"))
    reports.services.receipts.take()
    assert consent(reports) == "denied"
    assert consent(reports, "email") == "granted"


def test_a_start_takes_a_stop_back(reports: Reports, clock: ManualClock) -> None:
    for words in ("STOP", "START"):
        clock.advance(1)
        reports.text((ANA, words))
        reports.services.receipts.take()
    assert suppressed(reports) == {}
    assert consent(reports) == "granted"


def test_a_stop_that_comes_a_second_time_after_a_start_is_the_old_one(reports: Reports, clock: ManualClock) -> None:
    for words in ("STOP", "START", "STOP"):
        clock.advance(1)
        reports.text((ANA, words), id="the same message")
        reports.services.receipts.take()
    assert suppressed(reports) == {}
    assert consent(reports) == "granted"


@pytest.mark.parametrize("worked_off", [True, False])
def test_of_a_stop_and_a_start_the_later_one_holds_in_whatever_order_they_come(
    reports: Reports, clock: ManualClock, worked_off: bool
) -> None:
    clock.advance(100)
    now = clock.now()
    for first, then, holds in (("STOP", "START", "START"), ("START", "STOP", "STOP")):
        for told in ((first, then), (then, first)):
            for words in told:
                at = now if words == first else now + timedelta(seconds=5)
                reply = Reply(key=f"{words} {told} {holds}", address=ANA, to="", text=words, at=at)
                reports.services.conversation.obey("sms", reply)
                if worked_off:
                    reports.services.conversation.hear("sms", [reply])
            replies = [
                Reply(
                    key=f"{words} {told} {holds}", address=ANA, to="", text=words, at=now + timedelta(seconds=5 * place)
                )
                for place, words in enumerate((first, then))
            ]
            reports.services.conversation.hear("sms", replies)
            assert suppressed(reports) == ({ANA: "stop"} if holds == "STOP" else {}), told
            assert consent(reports) == ("denied" if holds == "STOP" else "granted"), told
            now += timedelta(seconds=60)


def test_stopall_ends_marketing_on_every_channel_at_once(reports: Reports, clock: ManualClock) -> None:
    reports.services.customers.change("ana", {"addresses.email": ["ana@example.com"]})
    clock.advance(1)
    reports.text((ANA, "Stop all, please"))
    assert suppressed(reports) == {ANA: "stop"}
    among = reports.services.suppressions.among
    assert among("email", ["ana@example.com"], "marketing") == {"ana@example.com": "unsubscribed"}
    assert among("email", ["ana@example.com"], "service") == {}
    reports.services.receipts.take()
    assert (consent(reports), consent(reports, "email")) == ("denied", "denied")


def test_a_start_is_no_consent_of_somebody_who_never_gave_any(reports: Reports, clock: ManualClock) -> None:
    reports.office.customer("bo", consent=False, addresses={"sms": ["+12025550101"]})
    clock.advance(1)
    reports.text(("+12025550101", "START"))
    reports.services.receipts.take()
    assert reports.services.customers.get(["bo"])["bo"].consents == {}


def test_a_stop_of_a_stranger_is_obeyed_too(reports: Reports) -> None:
    reports.text(("+12025550199", "STOP"))
    reports.services.receipts.take()
    assert reports.services.suppressions.among("sms", ["+12025550199"], "marketing") == {"+12025550199": "stop"}


@pytest.mark.parametrize(("words", "says"), [("HELP", "Reply STOP"), ("Hilfe", "Mit STOP"), ("aide", "Répondez STOP")])
def test_help_is_answered_in_its_own_language(reports: Reports, words: str, says: str) -> None:
    (answer,) = reports.text((ANA, words))
    assert says in answer
    assert reports.services.shops.get().name in answer


def test_help_in_no_language_of_its_own_is_answered_in_the_customers(reports: Reports) -> None:
    for locale, says in (("nl-BE", "Antwoord STOP"), ("it", "Rispondi STOP"), ("ja", "Reply STOP")):
        reports.services.customers.change("ana", {"locale": locale})
        assert says in reports.text((ANA, "HELP"), id=locale)[0]


def test_what_was_said_is_kept_in_order_once(reports: Reports, clock: ManualClock) -> None:
    for words in ("Is it the blue one?", "HELP"):
        clock.advance(1)
        for _ in range(2):
            reports.text((ANA, words), id=words)
            reports.services.receipts.take()
    said = reports.services.threads.of_customer("ana", "", 10)
    assert [(one.direction, one.text, one.keyword) for one in said[:2]] == [
        ("in", "Is it the blue one?", ""),
        ("in", "HELP", "help"),
    ]
    assert [one.direction for one in said] == ["in", "in", "out"]


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        ("SMS", "sms"),
        ("prefer e-mail", "email"),
        ("Lieber E-Mail!", "email"),
        ("Por SMS.", "sms"),
        ("text", "sms"),
        ("please send no sms", ""),
        ("prefer", ""),
        ("prefer pigeon", ""),
        ("text me when it is there", ""),
        ("prefer WhatsApp", "whatsapp"),
        ("", ""),
    ],
)
def test_a_reply_that_names_a_channel_and_nothing_else_is_a_wish(text: str, channel: str) -> None:
    assert channel_named(text) == channel


def test_a_wish_for_a_channel_is_declared_where_there_is_an_address_on_it(reports: Reports) -> None:
    def preferred() -> list[str]:
        return reports.services.customers.get(["ana"])["ana"].preferred

    reports.text((ANA, "Prefer e-mail"))
    reports.services.receipts.take()
    assert preferred() == []  # she has no e-mail address
    reports.services.customers.change("ana", {"addresses.email": ["ana@example.com"]})
    reports.text((ANA, "Lieber E-Mail"))
    reports.services.receipts.take()
    assert preferred() == ["email", "sms"]
    assert preferred_source(reports.services.customers.get(["ana"])["ana"]) == "declared"


def test_an_answer_stands_in_the_thread_where_it_was_taken_and_only_there(reports: Reports, clock: ManualClock) -> None:
    services, sandbox = reports.services, reports.sandbox
    services.customers.upsert([Customer(id="wes", addresses={"webhook": ["crm:wes"]})])

    def ask(id_: str, **fault: int) -> list[str]:
        sandbox.misbehave(*([fault] if fault else []))
        clock.advance(1)
        reply = {"channel": "webhook", "from": "crm:wes", "to": "", "text": "HELP", "id": id_}
        for hook in sandbox.hooks(clock.now(), replies=[reply]):
            services.webhooks.receive("webhook", hook)
        services.receipts.take()
        return [said.direction for said in services.threads.of_customer("wes", "", 10)]

    assert ask("first") == ["in", "out"]
    [answered] = sandbox.accepted()
    assert (answered["reply_to"], answered["address"]) == ("first", "crm:wes")
    assert "Reply STOP" in answered["text"]
    assert ask("second", status=503) == ["in", "out", "in"]
    reports.text((ANA, "HELP"))
    services.receipts.take()
    assert [said.direction for said in services.threads.of_customer("ana", "", 10)] == ["in", "out"]

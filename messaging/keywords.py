"""The words by which customers command: STOP, START and HELP in the languages people answer in, and channels' names."""
# ruff: noqa: RUF001  # letters of other scripts are meant

import itertools
import re
import unicodedata
from typing import Literal

from customers.addresses import EMAIL, INSTAGRAM, LINE, MESSENGER, SMS, TELEGRAM, VIBER, WHATSAPP

Keyword = Literal["stop", "start", "help", ""]


def plain(text: str) -> str:
    """Upper case, without accents, and without spaces and punctuation around it."""
    letters = unicodedata.normalize("NFKD", text[:200]).upper()
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = "".join(letter if letter.isalnum() else " " for letter in bare)
    return " ".join(words.split())


# The carriers' English words, then what people write elsewhere; those in other scripts are for chats.
_COMMANDS: dict[Keyword, str] = {
    "stop": "STOP, STOPALL, STOP ALL, UNSUBSCRIBE, CANCEL, END, QUIT, OPTOUT, OPT OUT, REVOKE, REMOVE ME, "
    "STOPP, ABMELDEN, ABBESTELLEN, ENDE, AUFHÖREN, "
    "ABMELDUNG, KÜNDIGEN, NICHT MEHR, KEINE NACHRICHTEN MEHR, MELDE MICH AB, MELDEN SIE MICH AB, "
    "ARRÊT, ARRÊTE, ARRÊTER, ARRÊTEZ, DÉSABONNER, DÉSABONNEMENT, DÉSABONNEZ MOI, DÉSABONNE MOI, ME DÉSABONNER, "
    "SE DÉSABONNER, DÉSINSCRIRE, DÉSINSCRIPTION, DÉSINSCRIVEZ MOI, RÉSILIER, ANNULER, FIN, "
    "BAJA, PARAR, PARA, PARE, ALTO, CANCELAR, CANCELA, BASTA YA, NO MÁS, NO MÁS MENSAJES, DARME DE BAJA, DAR DE BAJA, "
    "DAME DE BAJA, DEME DE BAJA, QUIERO DARME DE BAJA, CANCELAR SUSCRIPCIÓN, CANCELAR LA SUSCRIPCIÓN, "
    "CANCELAR MI SUSCRIPCIÓN, DESUSCRIBIR, DESUSCRIBIRME, ELIMINAR, "
    "SAIR, REMOVER, PARE DE ENVIAR, CHEGA, CANCELAR SUBSCRIÇÃO, CANCELAR A SUBSCRIÇÃO, CANCELAR INSCRIÇÃO, "
    "CANCELAR ASSINATURA, DESCADASTRAR, DESINSCREVER, ANULAR, "
    "BASTA, FERMA, FERMATI, DISISCRIVI, DISISCRIVIMI, DISISCRIZIONE, CANCELLAMI, CANCELLATEMI, ANNULLA, "
    "DISDETTA, RIMUOVIMI, NON SCRIVETEMI PIÙ, BAIXA, DONAR DE BAIXA, ATURA, "
    "AFMELDEN, AFMELDING, UITSCHRIJVEN, SCHRIJF ME UIT, MELD ME AF, OPZEGGEN, GENOEG, "
    "SLUTA, AVSLUTA, AVREGISTRERA, AVPRENUMERERA, AVSLUTT, MELD MEG AV, AVMELD, AFMELD, FRAMELD, STOP NU, "
    "LOPETA, PERUUTA, POISTA, EI ENÄÄ, LÕPETA, LOOBU, BEIGT, ATTEIKTIES, ATSISAKYTI, ATSISAKAU, "
    "WYPISZ, WYPISZ MNIE, WYPISZCIE MNIE, WYPISUJĘ SIĘ, REZYGNUJĘ, REZYGNACJA, ANULUJ, KONIEC, USUŃ MNIE, "
    "ODHLÁSIT, ODHLAŠTE MĚ, ODHLÁSIT ODBĚR, ZRUŠIT, KONEC, ODHLÁSIŤ, ODHLÁSTE MA, ZRUŠIŤ, "
    "DEZABONARE, DEZABONEAZĂ MĂ, OPRIRE, OPREȘTE, ANULARE, ODJAVA, ODJAVI ME, ODJAVITE ME, PREKINI, "
    "LEIRATKOZÁS, LEIRATKOZOM, LEMONDÁS, LEÁLLÍTÁS, ÇREGJISTROHU, NDALO, "
    "BERHENTI, İPTAL, İPTAL ET, DUR, DURDUR, ÇIK, ABONELİKTEN ÇIK, "
    "СТОП, ОТПИСАТЬСЯ, ОТПИСКА, ОТПИШИТЕ МЕНЯ, ОТПИШИ МЕНЯ, ОТМЕНА, ХВАТИТ, ПРЕКРАТИТЕ, "
    "ВІДПИСАТИСЯ, ВІДПИСКА, ВІДПИШІТЬ МЕНЕ, ДОСИТЬ, СПРИ, ОТПИШИ, ОТПИШИ МЕ, ОТКАЗ, ОДЈАВА, ОДЈАВИ МЕ, "
    "ΣΤΟΠ, ΔΙΑΓΡΑΦΗ, ΔΙΑΚΟΠΗ, ΤΕΛΟΣ, ΑΠΕΓΓΡΑΦΗ, "
    "停止, 配信停止, ストップ, やめて, 解除, 退订, 退訂, 取消订阅, 取消訂閱, 수신거부, 중지, 구독취소, "
    "หยุด, ยกเลิก, बंद, रोकें, توقف, إيقاف, إلغاء, إلغاء الاشتراك, الغاء, الغاء الاشتراك, הסר, הסירו אותי, הפסק, די",
    "start": "START, UNSTOP, SUBSCRIBE, ANMELDEN, DÉMARRER, REPRENDRE, ALTA, INICIAR, VOLTAR, COMEÇAR, INIZIA, "
    "AANMELDEN, СТАРТ, ΕΝΑΡΞΗ, 開始, 再開, 开始, 시작, เริ่ม, ابدأ",
    "help": "HELP, INFO, HILFE, AIDE, AYUDA, AJUDA, AIUTO, ПОМОЩЬ, ДОПОМОГА, ΒΟΗΘΕΙΑ, "
    "ヘルプ, 帮助, 幫助, 도움말, ช่วยเหลือ, مساعدة",
}
# English that says it in a sentence of its own.
_COMMANDS["stop"] += (
    ", STOP IT, STOP THIS, STOP NOW, STOP TEXTING, STOP TEXTING ME, STOP MESSAGING ME, STOP SENDING, "
    "CANCEL SUBSCRIPTION, CANCEL MY SUBSCRIPTION, UNSUB, OPT ME OUT, TAKE ME OFF, TAKE ME OFF YOUR LIST, REMOVE, "
    "NO MORE, NO MORE MESSAGES, NO MORE TEXTS, LEAVE ME ALONE, DO NOT TEXT ME, DONT TEXT ME, DON T TEXT ME"
)
WORDS: dict[str, Keyword] = {plain(word): command for command, words in _COMMANDS.items() for word in words.split(", ")}
# Words that mean it even with others behind them ("Stop please!").
_BLUNT = frozenset(plain(word) for word in ("STOP", "STOPP", "STOPALL", "UNSUBSCRIBE", "СТОП", "ΣΤΟΠ"))
# Whoever begins like this means every channel, not this one alone.
_EVERYTHING = tuple(plain(word) for word in ("STOPALL", "STOP ALL", "STOP EVERYTHING", "UNSUBSCRIBE ALL"))
# Said around a command, these change nothing ("Bitte abmelden").
_POLITE = tuple(
    plain(words)
    for words in (
        *(
            "PLEASE",
            "PLS",
            "PLZ",
            "THANKS",
            "THANK YOU",
            "THX",
            "HI",
            "HELLO",
            "BITTE",
            "DANKE",
            "VIELEN DANK",
            "HALLO",
        ),
        *("S'IL VOUS PLAÎT", "S'IL TE PLAÎT", "SVP", "STP", "MERCI", "BONJOUR", "POR FAVOR", "GRACIAS", "HOLA"),
        *("OBRIGADO", "OBRIGADA", "OLÁ", "PER FAVORE", "PER PIACERE", "GRAZIE", "CIAO", "SI US PLAU", "GRÀCIES"),
        *("ALSTUBLIEFT", "ALSJEBLIEFT", "AUB", "GRAAG", "BEDANKT", "DANK U", "DANK JE", "SNÄLLA", "VÄNLIGEN", "TACK"),
        *("VENLIGST", "TAK", "VENNLIGST", "TAKK", "KIITOS", "OLE HYVÄ", "PALUN", "AITÄH", "LŪDZU", "PALDIES", "PRAŠAU"),
        *("AČIŪ", "PROSZĘ", "DZIĘKUJĘ", "DZIĘKI", "PROSÍM", "DĚKUJI", "DÍKY", "ĎAKUJEM", "KÉREM", "KÖSZÖNÖM"),
        *("VĂ ROG", "TE ROG", "MULȚUMESC", "MOLIM", "HVALA", "LÜTFEN", "TEŞEKKÜRLER", "ПОЖАЛУЙСТА", "СПАСИБО"),
        *("БУДЬ ЛАСКА", "ДЯКУЮ", "МОЛЯ", "БЛАГОДАРЯ", "МОЛИМ", "ХВАЛА", "ΠΑΡΑΚΑΛΩ", "ΕΥΧΑΡΙΣΤΩ", "من فضلك", "شكرا"),
        *("בבקשה", "תודה", "お願いします"),
    )
)
# How the line begins that a telephone or a mail program puts below what somebody wrote; what was quoted follows too.
_SIGNATURES = re.compile(
    r"\s*(?:--|__|>|sent (?:from|with|via)|get outlook|von meinem|gesendet (?:von|mit)|envoyé (?:de|depuis|à partir)"
    r"|enviado (?:desde|do|de|a partir)|enviat des|inviato (?:da|con)|verzonden (?:vanaf|met|via)|verstuurd vanaf"
    r"|skickat från|sendt fra|lähetetty|wysłan[eo] z|odesláno z|odoslané z|küldve|trimis de pe|poslano (?:s|z)"
    r"|отправлено с|надіслано з|στάλθηκε από|gönderildi)",
    re.IGNORECASE,
)
# A reply of nothing but a channel's name, with or without such a word before it, says how somebody likes to be reached.
_CHANNEL_WORDS = {
    "SMS": SMS,
    "TEXT": SMS,
    "EMAIL": EMAIL,
    "E MAIL": EMAIL,
    "MAIL": EMAIL,
    "WHATSAPP": WHATSAPP,
    "TELEGRAM": TELEGRAM,
    "VIBER": VIBER,
    "MESSENGER": MESSENGER,
    "INSTAGRAM": INSTAGRAM,
    "LINE": LINE,
}
_PREFER = frozenset({"PREFER", "BY", "VIA", "PER", "LIEBER", "PAR", "POR", "PREFIERO", "PREFIRO"})


def keyword_of(text: str) -> Keyword:
    """The word of command that a text is, in any case and with any punctuation, or ""."""
    said = _unadorned(plain(_unsigned(text)))
    if said in WORDS:
        return WORDS[said]
    return "stop" if said.partition(" ")[0] in _BLUNT else ""


def means_everything(text: str) -> bool:
    """Whether a STOP is meant for all channels ("STOPALL", "stop all of it")."""
    said = _unadorned(plain(text))
    return any(f"{said} ".startswith(f"{words} ") for words in _EVERYTHING)


def channel_named(text: str) -> str:
    """The channel that a reply asks for ("prefer sms", "lieber E-Mail"), or ""."""
    first, _, rest = plain(text).partition(" ")
    named = rest if first in _PREFER else plain(text)
    return _CHANNEL_WORDS.get(named, "")


def _unsigned(text: str) -> str:
    """Without the lines from a signature on that a program set below."""
    lines = text[:2_000].strip().splitlines()
    return "\n".join(itertools.takewhile(lambda line: not _SIGNATURES.match(line), lines)) or text


def _unadorned(said: str) -> str:
    """Without what is said out of politeness at either end; where nothing else is said, as it is."""
    for _ in range(3):
        for words in _POLITE:
            said = said.removeprefix(f"{words} ").removesuffix(f" {words}")
    return said

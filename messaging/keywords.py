"""The words by which customers command: STOP, START and HELP in the languages people answer in, and channels' names."""

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
    "ARRÊT, ARRÊTER, ARRÊTEZ, DÉSABONNER, DÉSINSCRIRE, DÉSINSCRIPTION, "
    "BAJA, PARAR, ALTO, CANCELAR, DARME DE BAJA, SAIR, REMOVER, CANCELAR SUBSCRIÇÃO, "
    "FERMA, DISISCRIVI, DISISCRIVIMI, CANCELLAMI, AFMELDEN, UITSCHRIJVEN, SLUTA, AVSLUTA, AFMELD, "
    "WYPISZ, REZYGNUJĘ, ODHLÁSIT, ODHLÁSIŤ, DEZABONARE, OPRIRE, ODJAVA, LEIRATKOZÁS, LOPETA, BERHENTI, İPTAL, DUR, "
    "СТОП, ОТПИСАТЬСЯ, ОТПИСКА, ВІДПИСАТИСЯ, СПРИ, ОТПИШИ, ΣΤΟΠ, ΔΙΑΓΡΑΦΗ, ΔΙΑΚΟΠΗ, "
    "停止, 配信停止, ストップ, やめて, 退订, 退訂, 取消订阅, 取消訂閱, 수신거부, 중지, "
    "หยุด, ยกเลิก, बंद, रोकें, توقف, إيقاف, הסר, הפסק",
    "start": "START, UNSTOP, SUBSCRIBE, ANMELDEN, DÉMARRER, REPRENDRE, ALTA, INICIAR, VOLTAR, COMEÇAR, INIZIA, "
    "AANMELDEN, СТАРТ, ΕΝΑΡΞΗ, 開始, 再開, 开始, 시작, เริ่ม, ابدأ",  # noqa: RUF001  # Cyrillic is meant
    "help": "HELP, INFO, HILFE, AIDE, AYUDA, AJUDA, AIUTO, ПОМОЩЬ, ДОПОМОГА, ΒΟΗΘΕΙΑ, "
    "ヘルプ, 帮助, 幫助, 도움말, ช่วยเหลือ, مساعدة",
}
WORDS: dict[str, Keyword] = {plain(word): command for command, words in _COMMANDS.items() for word in words.split(", ")}
# Words that mean it even with others behind them ("Stop please!").
_BLUNT = frozenset(plain(word) for word in ("STOP", "STOPP", "STOPALL", "UNSUBSCRIBE", "СТОП", "ΣΤΟΠ"))
# Whoever begins like this means every channel, not this one alone.
_EVERYTHING = tuple(plain(word) for word in ("STOPALL", "STOP ALL", "STOP EVERYTHING", "UNSUBSCRIBE ALL"))
# Said around a command, these change nothing ("Bitte abmelden").
_POLITE = tuple(
    plain(words)
    for words in ("PLEASE", "PLS", "BITTE", "POR FAVOR", "S'IL VOUS PLAÎT", "SVP", "STP", "PER FAVORE", "ALSTUBLIEFT",
                  "PROSZĘ", "ПОЖАЛУЙСТА", "БУДЬ ЛАСКА", "ΠΑΡΑΚΑΛΩ", "LÜTFEN")
)  # fmt: skip
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
    said = _unadorned(plain(text))
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


def _unadorned(said: str) -> str:
    """Without what is said out of politeness at either end."""
    for words in _POLITE:
        said = said.removeprefix(f"{words} ").removesuffix(f" {words}")
    return said

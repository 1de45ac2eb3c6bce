"""What Encore says back by itself: who we are, to a HELP; that a chat is connected, to who came by a link."""

from customers.shop import Shop
from messaging.keywords import keyword_of, plain

HELP: dict[str, str] = {
    "en": "{shop}: you get messages from us because you are our customer. Reply STOP to get no more. {url}",
    "de": "{shop}: Sie erhalten Nachrichten von uns als unser Kunde. Mit STOP erhalten Sie keine mehr. {url}",
    "fr": "{shop} : vous recevez nos messages en tant que client. Répondez STOP pour ne plus en recevoir. {url}",
    "es": "{shop}: recibe mensajes porque es cliente nuestro. Responda BAJA para no recibir más. {url}",
    "pt": "{shop}: recebe mensagens porque é nosso cliente. Responda SAIR para não receber mais. {url}",
    "it": "{shop}: ricevi i nostri messaggi perché sei nostro cliente. Rispondi STOP per non riceverne più. {url}",
    "nl": "{shop}: je krijgt berichten van ons als klant. Antwoord STOP om ze niet meer te krijgen. {url}",
}
CONNECTED: dict[str, str] = {
    "en": "{shop}: this chat is now connected to your customer record. Reply STOP to get no messages here.",
    "de": "{shop}: Dieser Chat gehört jetzt zu Ihrem Kundenkonto. Mit STOP erhalten Sie hier keine Nachrichten.",
    "fr": "{shop} : cette discussion est liée à votre compte client. Répondez STOP pour ne rien recevoir ici.",
    "es": "{shop}: este chat está conectado a su ficha de cliente. Responda BAJA para no recibir mensajes aquí.",
    "pt": "{shop}: este chat está ligado à sua ficha de cliente. Responda SAIR para não receber mensagens aqui.",
    "it": "{shop}: questa chat è ora collegata alla tua scheda cliente. Rispondi STOP per non ricevere messaggi qui.",
    "nl": "{shop}: deze chat hoort nu bij je klantgegevens. Antwoord STOP om hier geen berichten te krijgen.",
}
# The first words of somebody who comes by a link, where the token must stand in a text.
GREETINGS: dict[str, str] = {
    "en": "Hello, please connect this chat with my customer record:",
    "de": "Hallo, bitte verbinden Sie diesen Chat mit meinem Kundenkonto:",
    "fr": "Bonjour, merci de lier cette discussion à mon compte client :",
    "es": "Hola, conecte este chat con mi ficha de cliente:",
    "pt": "Olá, ligue este chat à minha ficha de cliente:",
    "it": "Ciao, collegate questa chat alla mia scheda cliente:",
    "nl": "Hallo, koppel deze chat aan mijn klantgegevens:",
}
_HELP_LANGUAGES = {"HILFE": "de", "AIDE": "fr", "AYUDA": "es", "AJUDA": "pt", "AIUTO": "it"}


def help_for(text: str, shop: Shop, *locales: str) -> str:
    """The answer to a HELP, in the language it was asked in, else one of these, the shop's; "" to anything else."""
    if keyword_of(text) != "help":
        return ""
    languages = (_HELP_LANGUAGES.get(plain(text), ""), *locales, shop.locale)
    return _in(HELP, *languages).format(shop=shop.name, url=shop.url)


def connected(locale: str, shop: Shop) -> str:
    """What somebody is told who came by a link."""
    return _in(CONNECTED, locale, shop.locale).format(shop=shop.name)


def greeting(locale: str, shop: Shop) -> str:
    """What somebody says who comes by a link, before the token."""
    return _in(GREETINGS, locale, shop.locale)


def _in(texts: dict[str, str], *locales: str) -> str:
    languages = [locale.partition("-")[0] for locale in locales]
    return next((texts[language] for language in languages if language in texts), texts["en"])

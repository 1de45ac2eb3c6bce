"""Words that cost a message readers: those that spam filters count, hard ones, and sentences that nobody finishes."""

import re
from collections.abc import Iterator

from content.warn import Warn
from content.wording import language_of

LONG_SENTENCE = 32
SHOWN = 5
# What filters of unwanted mail count, singly harmless; two of them in one message are a warning.
SPAM_WORDS = {
    "en": "act now,100% free,risk-free,risk free,guaranteed,winner,cash bonus,click here,limited time only,urgent,"
    "no obligation,double your,earn money,extra cash,free gift,congratulations,once in a lifetime,order now,call now,"
    "cheap,lowest price,best price,special promotion,this is not spam,miracle,don't delete,you have been selected",
    "de": "jetzt zugreifen,100% gratis,garantiert,gewinner,klicken sie hier,hier klicken,nur heute,kostenlos testen,"
    "dringend,geld verdienen,bester preis,herzlichen glückwunsch,einmalige gelegenheit,sonderangebot,risikofrei",
    "fr": "cliquez ici,100 % gratuit,gratuit,garanti,gagnant,urgent,offre exclusive,sans engagement,félicitations,"
    "meilleur prix,argent facile,dernière chance",
    "es": "haz clic aquí,haga clic aquí,100% gratis,gratis,garantizado,ganador,urgente,sin compromiso,felicidades,"
    "mejor precio,dinero fácil,última oportunidad",
    "pt": "clique aqui,100% grátis,grátis,garantido,vencedor,urgente,sem compromisso,parabéns,melhor preço,"
    "dinheiro fácil,última oportunidade",
}
# What offices write, and what people say.
PLAIN_WORDS = {
    "en": {
        "utilise": "use", "utilize": "use", "leverage": "use", "commence": "begin", "terminate": "end",
        "facilitate": "help", "in order to": "to", "prior to": "before", "subsequent to": "after",
        "at this point in time": "now", "with regard to": "about", "purchase": "buy", "endeavour": "try",
        "endeavor": "try", "ascertain": "find out", "remuneration": "pay", "notwithstanding": "although",
        "synergy": "what it is", "best-in-class": "how good it is", "omnichannel": "everywhere",
        "seamless": "easy", "hereby": "(leave out)", "aforementioned": "this", "kindly": "please",
        "touch base": "talk", "sku": "product", "opt in": "say yes", "redeem": "use", "valued customer": "their name",
    },
    "de": {
        "bezüglich": "zu", "hinsichtlich": "zu", "zwecks": "für", "mittels": "mit", "aufgrund der tatsache": "weil",
        "zum jetzigen zeitpunkt": "jetzt", "in kenntnis setzen": "sagen", "diesbezüglich": "dazu",
        "gewährleisten": "sichern", "optimieren": "verbessern", "realisieren": "machen", "käuflich erwerben": "kaufen",
        "schnellstmöglich": "bald", "generieren": "bekommen", "implementieren": "einführen",
    },
    "fr": {"afin de": "pour", "concernant": "sur", "dans le cadre de": "pendant", "effectuer": "faire"},
    "es": {"con el fin de": "para", "efectuar": "hacer", "a nivel de": "en", "proceder a": "(empezar)"},
    "pt": {"no sentido de": "para", "efetuar": "fazer", "ao nível de": "em", "proceder a": "(fazer)"},
}  # fmt: skip
_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]?")
_ADDRESS = re.compile(r"https?://\S+")


def lint_words(locale: str, part: str, text: str) -> Iterator[Warn]:
    """What is unwise about the words that somebody would read."""
    language, plain = language_of(locale), _ADDRESS.sub("", text)
    lower = plain.lower()
    spam = [word for word in SPAM_WORDS.get(language, "").split(",") if word and _stands(word, lower)]
    if len(spam) > 1:
        said = ", ".join(f"“{word}”" for word in spam[:SHOWN])
        yield Warn(code="spam_words", part=part, message=f"Filters of unwanted mail count words like {said}.")
    hard = {word: better for word, better in PLAIN_WORDS.get(language, {}).items() if _stands(word, lower)}
    if hard:
        said = ", ".join(f"“{word}” ({better})" for word, better in list(hard.items())[:SHOWN])
        yield Warn(code="hard_words", part=part, message=f"Plainer words are read faster: {said}.")
    for sentence in _SENTENCE.findall(plain):
        words = sentence.split()
        if len(words) > LONG_SENTENCE:
            begins = " ".join(words[:6])
            text = f"The sentence that begins “{begins[:60]} …” has {len(words)} words; make two or three of it."
            yield Warn(code="long_sentence", part=part, message=text)


def _stands(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None

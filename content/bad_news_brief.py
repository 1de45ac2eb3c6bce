"""The words of bad news where there is little room: a text message, a push. All that a letter says, in a few words."""

from collections.abc import Mapping

# Of each cause, what happens next.
NEXT_BRIEF: Mapping[str, Mapping[str, str]] = {
    "en": {
        "delayed": "You need do nothing: we write when it has arrived.",
        "out_of_stock": "We send it as soon as it is back. Rather have your money? Tell us.",
        "cancelled": "It costs you nothing: what you paid goes back to you.",
        "delivery_failed": "The carrier tries again. Another address? Tell us.",
        "damaged": "Send nothing back: choose a new one or your money.",
        "wrong_item": "Send nothing back: choose the right one or your money.",
        "late": "We are asking the carrier, and write when it has arrived.",
        "unhappy": "A person of ours reads what you told us.",
    },
    "de": {
        "delayed": "Du musst nichts tun: Wir melden uns, wenn sie da ist.",
        "out_of_stock": "Wir schicken es, sobald es wieder da ist. Lieber das Geld zurück? Sag es uns.",
        "cancelled": "Sie kostet dich nichts: Was du bezahlt hast, geht zurück an dich.",
        "delivery_failed": "Der Paketdienst versucht es noch einmal. Andere Adresse? Sag es uns.",
        "damaged": "Schick nichts zurück: Wähle Ersatz oder dein Geld.",
        "wrong_item": "Schick nichts zurück: Wähle das Richtige oder dein Geld.",
        "late": "Wir fragen beim Paketdienst nach und melden uns, wenn sie da ist.",
        "unhappy": "Ein Mensch von uns liest, was du uns gesagt hast.",
    },
    "fr": {
        "delayed": "Vous n'avez rien à faire : nous vous écrivons dès son arrivée.",
        "out_of_stock": "Nous l'envoyons dès son retour. Vous préférez être remboursé ? Dites-le-nous.",
        "cancelled": "Elle ne vous coûte rien : ce que vous avez payé vous est rendu.",
        "delivery_failed": "Le transporteur réessaie. L'adresse a changé ? Dites-le-nous.",
        "damaged": "Ne renvoyez rien : choisissez un échange ou un remboursement.",
        "wrong_item": "Ne renvoyez rien : choisissez le bon article ou un remboursement.",
        "late": "Nous interrogeons le transporteur et vous écrivons dès son arrivée.",
        "unhappy": "Une personne de chez nous lit ce que vous nous avez dit.",
    },
    "es": {
        "delayed": "No tiene que hacer nada: le escribimos cuando haya llegado.",
        "out_of_stock": "Lo enviamos en cuanto vuelva a estar. ¿Prefiere su dinero? Díganoslo.",
        "cancelled": "No le cuesta nada: le devolvemos lo que pagó.",
        "delivery_failed": "El transportista lo intenta otra vez. ¿Otra dirección? Díganoslo.",
        "damaged": "No devuelva nada: elija uno nuevo o su dinero.",
        "wrong_item": "No devuelva nada: elija el correcto o su dinero.",
        "late": "Preguntamos al transportista y le escribimos cuando haya llegado.",
        "unhappy": "Una persona de aquí lee lo que nos dijo.",
    },
    "pt": {
        "delayed": "Não precisa de fazer nada: escrevemos quando tiver chegado.",
        "out_of_stock": "Enviamos assim que voltar a haver. Prefere o dinheiro? Diga-nos.",
        "cancelled": "Não lhe custa nada: devolvemos o que pagou.",
        "delivery_failed": "A transportadora tenta de novo. Outra morada? Diga-nos.",
        "damaged": "Não devolva nada: escolha um novo ou o dinheiro de volta.",
        "wrong_item": "Não devolva nada: escolha o certo ou o dinheiro de volta.",
        "late": "Perguntamos à transportadora e escrevemos quando tiver chegado.",
        "unhappy": "Uma pessoa da nossa equipa lê o que nos disse.",
    },
}

# What stands around it. `nothing` is what is said where nothing else is to be done.
BRIEF: Mapping[str, Mapping[str, str]] = {
    "en": {
        "instead": "In stock instead: {{ incident.substitutes | listed }}.",
        "code": "{{ incident.makegood }} with code {{ incident.code }}",
        "call": "A person of ours will be in touch.",
        "page": "Your order:",
        "nothing": "You need do nothing else.",
    },
    "de": {
        "instead": "Stattdessen da: {{ incident.substitutes | listed }}.",
        "code": "{{ incident.makegood }} mit Code {{ incident.code }}",
        "call": "Ein Mensch von uns meldet sich bei dir.",
        "page": "Deine Bestellung:",
        "nothing": "Sonst musst du nichts tun.",
    },
    "fr": {
        "instead": "En stock à la place : {{ incident.substitutes | listed }}.",
        "code": "{{ incident.makegood }} avec le code {{ incident.code }}",
        "call": "Une personne de chez nous vous contactera.",
        "page": "Votre commande :",
        "nothing": "Vous n'avez rien d'autre à faire.",
    },
    "es": {
        "instead": "En su lugar tenemos: {{ incident.substitutes | listed }}.",
        "code": "{{ incident.makegood }} con el código {{ incident.code }}",
        "call": "Una persona de aquí le contactará.",
        "page": "Su pedido:",
        "nothing": "No tiene que hacer nada más.",
    },
    "pt": {
        "instead": "Em vez disso temos: {{ incident.substitutes | listed }}.",
        "code": "{{ incident.makegood }} com o código {{ incident.code }}",
        "call": "Uma pessoa da nossa equipa vai contactá-lo.",
        "page": "A sua encomenda:",
        "nothing": "Não precisa de fazer mais nada.",
    },
}

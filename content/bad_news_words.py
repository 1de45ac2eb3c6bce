"""The words of bad news and of good news, in every language that the pages have."""

from collections.abc import Mapping

# Of each cause, what happened; `{order}` becomes the order's id.
WHAT: Mapping[str, Mapping[str, str]] = {
    "en": {
        "delayed": "your order {order} takes longer than we promised",
        "out_of_stock": "something in your order {order} is sold out",
        "cancelled": "your order {order} had to be cancelled",
        "delivery_failed": "your order {order} could not be delivered",
        "damaged": "your order {order} arrived damaged",
        "wrong_item": "we sent you the wrong thing with your order {order}",
        "late": "your order {order} should have been with you by now",
        "unhappy": "we did not do well enough for you",
    },
    "de": {
        "delayed": "deine Bestellung {order} braucht länger, als wir versprochen haben",
        "out_of_stock": "etwas aus deiner Bestellung {order} ist ausverkauft",
        "cancelled": "deine Bestellung {order} musste storniert werden",
        "delivery_failed": "deine Bestellung {order} konnte nicht zugestellt werden",
        "damaged": "deine Bestellung {order} ist beschädigt angekommen",
        "wrong_item": "wir haben dir zu deiner Bestellung {order} das Falsche geschickt",
        "late": "deine Bestellung {order} hätte schon bei dir sein sollen",
        "unhappy": "wir waren nicht gut genug",
    },
    "fr": {
        "delayed": "votre commande {order} prend plus de temps que promis",
        "out_of_stock": "un article de votre commande {order} est épuisé",
        "cancelled": "votre commande {order} a dû être annulée",
        "delivery_failed": "votre commande {order} n'a pas pu être livrée",
        "damaged": "votre commande {order} est arrivée abîmée",
        "wrong_item": "nous nous sommes trompés d'article pour votre commande {order}",
        "late": "votre commande {order} devrait déjà être chez vous",
        "unhappy": "nous n'avons pas été à la hauteur",
    },
    "es": {
        "delayed": "su pedido {order} tarda más de lo que prometimos",
        "out_of_stock": "algo de su pedido {order} está agotado",
        "cancelled": "su pedido {order} tuvo que cancelarse",
        "delivery_failed": "su pedido {order} no se pudo entregar",
        "damaged": "su pedido {order} llegó dañado",
        "wrong_item": "le enviamos el artículo equivocado con su pedido {order}",
        "late": "su pedido {order} ya debería haber llegado",
        "unhappy": "no estuvimos a la altura",
    },
    "pt": {
        "delayed": "a sua encomenda {order} demora mais do que prometemos",
        "out_of_stock": "algo da sua encomenda {order} está esgotado",
        "cancelled": "a sua encomenda {order} teve de ser cancelada",
        "delivery_failed": "a sua encomenda {order} não pôde ser entregue",
        "damaged": "a sua encomenda {order} chegou danificada",
        "wrong_item": "enviámos o artigo errado na sua encomenda {order}",
        "late": "a sua encomenda {order} já devia ter chegado",
        "unhappy": "não estivemos à altura",
    },
}

# Of each cause, what happens next.
NEXT: Mapping[str, Mapping[str, str]] = {
    "en": {
        "delayed": "You need do nothing: it is still coming, and we write again when it has arrived.",
        "out_of_stock": (
            "We send it as soon as it is there again. If you would rather have your money back, tell us, and you "
            "get it."
        ),
        "cancelled": (
            "It will not come, and it costs you nothing: what you paid goes back to you, and we write again when it"
            " is on its way."
        ),
        "delivery_failed": "The carrier tries again. If the address has changed, tell us, and we see to it.",
        "damaged": (
            "Send nothing back yet. Tell us whether you would like a new one or your money back, and that is what "
            "you get."
        ),
        "wrong_item": "Send nothing back yet. The right one is sent to you, or your money back: just tell us which.",
        "late": "We are asking the carrier where it is, and write again when it has arrived.",
        "unhappy": "A person of ours reads what you told us, and sees what can be done.",
    },
    "de": {
        "delayed": "Du musst nichts tun: Sie kommt noch, und wir melden uns, sobald sie angekommen ist.",
        "out_of_stock": (
            "Wir schicken es, sobald es wieder da ist. Wenn du lieber dein Geld zurück möchtest, sag es uns, und du"
            " bekommst es."
        ),
        "cancelled": (
            "Sie kommt nicht, und sie kostet dich nichts: Was du bezahlt hast, geht zurück an dich, und wir melden "
            "uns, sobald es unterwegs ist."
        ),
        "delivery_failed": (
            "Der Paketdienst versucht es noch einmal. Wenn sich die Adresse geändert hat, sag es uns, und wir "
            "kümmern uns darum."
        ),
        "damaged": (
            "Schick noch nichts zurück. Sag uns, ob du Ersatz oder dein Geld zurück möchtest, und das bekommst du."
        ),
        "wrong_item": (
            "Schick noch nichts zurück. Du bekommst das Richtige oder dein Geld zurück: Sag uns einfach, was dir "
            "lieber ist."
        ),
        "late": "Wir fragen beim Paketdienst nach und melden uns, sobald sie angekommen ist.",
        "unhappy": "Ein Mensch von uns liest, was du uns gesagt hast, und sieht, was sich tun lässt.",
    },
    "fr": {
        "delayed": "Vous n'avez rien à faire : elle viendra bien, et nous vous écrivons dès qu'elle est arrivée.",
        "out_of_stock": (
            "Nous l'envoyons dès qu'il est de retour. Si vous préférez être remboursé, dites-le-nous, et c'est fait."
        ),
        "cancelled": (
            "Elle ne viendra pas et ne vous coûte rien : ce que vous avez payé vous est rendu, et nous vous "
            "écrivons dès que c'est en route."
        ),
        "delivery_failed": (
            "Le transporteur essaie de nouveau. Si l'adresse a changé, dites-le-nous et nous nous en occupons."
        ),
        "damaged": (
            "Ne renvoyez rien pour l'instant. Dites-nous si vous préférez un échange ou un remboursement, et c'est "
            "ce que vous aurez."
        ),
        "wrong_item": (
            "Ne renvoyez rien pour l'instant. Vous recevez le bon article ou un remboursement : dites-nous ce que "
            "vous préférez."
        ),
        "late": "Nous demandons au transporteur où elle est, et nous vous écrivons dès qu'elle est arrivée.",
        "unhappy": "Une personne de chez nous lit ce que vous nous avez dit et regarde ce qui peut être fait.",
    },
    "es": {
        "delayed": "No tiene que hacer nada: sigue en curso, y le escribimos cuando haya llegado.",
        "out_of_stock": (
            "Lo enviamos en cuanto vuelva a estar. Si prefiere que le devolvamos el dinero, díganoslo y así será."
        ),
        "cancelled": (
            "No llegará, y no le cuesta nada: le devolvemos lo que pagó, y le escribimos cuando esté en camino."
        ),
        "delivery_failed": (
            "El transportista lo intenta otra vez. Si la dirección ha cambiado, díganoslo y nos ocupamos."
        ),
        "damaged": "No devuelva nada todavía. Díganos si prefiere uno nuevo o su dinero, y eso tendrá.",
        "wrong_item": (
            "No devuelva nada todavía. Le enviamos el correcto o le devolvemos el dinero: díganos qué prefiere."
        ),
        "late": "Preguntamos al transportista dónde está, y le escribimos cuando haya llegado.",
        "unhappy": "Una persona de aquí lee lo que nos dijo y ve qué se puede hacer.",
    },
    "pt": {
        "delayed": "Não precisa de fazer nada: continua em curso, e escrevemos quando tiver chegado.",
        "out_of_stock": ("Enviamos assim que voltar a haver. Se preferir o dinheiro de volta, diga-nos, e assim será."),
        "cancelled": (
            "Não vai chegar, e não lhe custa nada: devolvemos o que pagou, e escrevemos quando estiver a caminho."
        ),
        "delivery_failed": "A transportadora tenta de novo. Se a morada mudou, diga-nos, e tratamos disso.",
        "damaged": (
            "Não devolva nada por agora. Diga-nos se prefere um novo ou o dinheiro de volta, e é isso que terá."
        ),
        "wrong_item": (
            "Não devolva nada por agora. Enviamos o certo ou devolvemos o dinheiro: diga-nos o que prefere."
        ),
        "late": "Perguntamos à transportadora onde está, e escrevemos quando tiver chegado.",
        "unhappy": "Uma pessoa da nossa equipa lê o que nos disse e vê o que se pode fazer.",
    },
}

# The letter around them; `{what}` is one of WHAT.
LETTER: Mapping[str, Mapping[str, str]] = {
    "en": {
        "subject": "We are sorry: {what}",
        "hello": 'Hello {{ first_name | default("there") }},',
        "sorry": "{what}. We are sorry.",
        "reason": "The reason: {{ incident.reason }}",
        "date": "We now expect it on {{ incident.expected_at | date }}.",
        "instead": "If you do not want to wait, these are in stock: {{ incident.substitutes | listed }}.",
        "makegood": "To make up for it: {{ incident.makegood }} with your code {{ incident.code }}",
        "until": ", until {{ incident.code_until | date }}",
        "page": "See how it is, and choose what you would like",
        "call": "A person of ours will be in touch with you as well.",
    },
    "de": {
        "subject": "Es tut uns leid: {what}",
        "hello": "Hallo{% if first_name %} {{ first_name }}{% endif %},",
        "sorry": "{what}. Das tut uns leid.",
        "reason": "Der Grund: {{ incident.reason }}",
        "date": "Wir erwarten sie jetzt am {{ incident.expected_at | date }}.",
        "instead": "Wenn du nicht warten möchtest, ist das hier da: {{ incident.substitutes | listed }}.",
        "makegood": "Als Entschuldigung: {{ incident.makegood }} mit deinem Code {{ incident.code }}",
        "until": ", bis zum {{ incident.code_until | date }}",
        "page": "Sieh, wie es steht, und wähle, was du möchtest",
        "call": "Außerdem meldet sich ein Mensch von uns bei dir.",
    },
    "fr": {
        "subject": "Toutes nos excuses : {what}",
        "hello": "Bonjour{% if first_name %} {{ first_name }}{% endif %},",
        "sorry": "{what}. Nous en sommes désolés.",
        "reason": "La raison : {{ incident.reason }}",
        "date": "Nous l'attendons maintenant le {{ incident.expected_at | date }}.",
        "instead": "Si vous ne voulez pas attendre, voici ce que nous avons : {{ incident.substitutes | listed }}.",
        "makegood": "Pour nous faire pardonner : {{ incident.makegood }} avec votre code {{ incident.code }}",
        "until": ", jusqu'au {{ incident.code_until | date }}",
        "page": "Voir où elle en est et choisir ce que vous préférez",
        "call": "Une personne de chez nous prendra aussi contact avec vous.",
    },
    "es": {
        "subject": "Lo sentimos: {what}",
        "hello": "Hola{% if first_name %} {{ first_name }}{% endif %},",
        "sorry": "{what}. Lo sentimos.",
        "reason": "El motivo: {{ incident.reason }}",
        "date": "Ahora lo esperamos el {{ incident.expected_at | date }}.",
        "instead": "Si no quiere esperar, tenemos esto: {{ incident.substitutes | listed }}.",
        "makegood": "Para compensarle: {{ incident.makegood }} con su código {{ incident.code }}",
        "until": ", hasta el {{ incident.code_until | date }}",
        "page": "Vea cómo va y elija lo que prefiera",
        "call": "Además, una persona de aquí se pondrá en contacto con usted.",
    },
    "pt": {
        "subject": "Pedimos desculpa: {what}",
        "hello": "Olá{% if first_name %} {{ first_name }}{% endif %},",
        "sorry": "{what}. Pedimos desculpa.",
        "reason": "O motivo: {{ incident.reason }}",
        "date": "Esperamo-la agora a {{ incident.expected_at | date }}.",
        "instead": "Se não quiser esperar, temos isto: {{ incident.substitutes | listed }}.",
        "makegood": "Para compensar: {{ incident.makegood }} com o seu código {{ incident.code }}",
        "until": ", até {{ incident.code_until | date }}",
        "page": "Veja como está e escolha o que prefere",
        "call": "Além disso, uma pessoa da nossa equipa vai contactá-lo.",
    },
}

# Another date than the one that was told, and nothing is given for it a second time.
NEW_DATE: Mapping[str, Mapping[str, str]] = {
    "en": {
        "subject": "A new date for your order {order}: {{ incident.expected_at | date }}",
        "first": "We know more now: we expect your order {order} on {{ incident.expected_at | date }}.",
        "later": (
            "We gave you a date for your order {order} and could not keep to it. We are sorry. We now expect it on "
            "{{ incident.expected_at | date }}."
        ),
        "sooner": (
            "Your order {order} comes sooner than we told you: we now expect it on {{ incident.expected_at | date }}."
        ),
        "voucher": "Your code {{ incident.code }} still stands.",
    },
    "de": {
        "subject": "Ein neuer Termin für deine Bestellung {order}: {{ incident.expected_at | date }}",
        "first": "Wir wissen jetzt mehr: Wir erwarten deine Bestellung {order} am {{ incident.expected_at | date }}.",
        "later": (
            "Wir haben dir für deine Bestellung {order} einen Termin genannt und konnten ihn nicht halten. Das tut uns "
            "leid. Wir erwarten sie jetzt am {{ incident.expected_at | date }}."
        ),
        "sooner": (
            "Deine Bestellung {order} kommt früher, als wir dir gesagt haben: Wir erwarten sie jetzt am "
            "{{ incident.expected_at | date }}."
        ),
        "voucher": "Dein Code {{ incident.code }} gilt weiter.",
    },
    "fr": {
        "subject": "Une nouvelle date pour votre commande {order} : {{ incident.expected_at | date }}",
        "first": "Nous en savons plus : nous attendons votre commande {order} le {{ incident.expected_at | date }}.",
        "later": (
            "Nous vous avions donné une date pour votre commande {order}, et nous n'avons pas pu la tenir. Nous en "
            "sommes désolés. Nous l'attendons maintenant le {{ incident.expected_at | date }}."
        ),
        "sooner": (
            "Votre commande {order} arrive plus tôt que prévu : nous l'attendons maintenant le "
            "{{ incident.expected_at | date }}."
        ),
        "voucher": "Votre code {{ incident.code }} reste valable.",
    },
    "es": {
        "subject": "Una nueva fecha para su pedido {order}: {{ incident.expected_at | date }}",
        "first": "Ya sabemos más: esperamos su pedido {order} el {{ incident.expected_at | date }}.",
        "later": (
            "Le dimos una fecha para su pedido {order} y no pudimos cumplirla. Lo sentimos. Ahora lo esperamos el "
            "{{ incident.expected_at | date }}."
        ),
        "sooner": (
            "Su pedido {order} llega antes de lo que le dijimos: ahora lo esperamos el "
            "{{ incident.expected_at | date }}."
        ),
        "voucher": "Su código {{ incident.code }} sigue siendo válido.",
    },
    "pt": {
        "subject": "Uma nova data para a sua encomenda {order}: {{ incident.expected_at | date }}",
        "first": "Já sabemos mais: esperamos a sua encomenda {order} a {{ incident.expected_at | date }}.",
        "later": (
            "Demos-lhe uma data para a sua encomenda {order} e não a conseguimos cumprir. Pedimos desculpa. "
            "Esperamo-la agora a {{ incident.expected_at | date }}."
        ),
        "sooner": (
            "A sua encomenda {order} chega mais cedo do que lhe dissemos: esperamo-la agora a "
            "{{ incident.expected_at | date }}."
        ),
        "voucher": "O seu código {{ incident.code }} continua válido.",
    },
}

# How it was put right, and the letter that says so.
PUT_RIGHT: Mapping[str, Mapping[str, str]] = {
    "en": {
        "delivered": "your order {order} has arrived",
        "shipped": "your order {order} is on its way after all",
        "in_stock": "what was sold out in your order {order} is there again, and comes to you",
        "refunded": "the money for your order {order} is on its way back to you",
        "other": "what went wrong with your order {order} has been put right",
        "subject": "Good news: {what}",
        "thanks": "Thank you for your patience. If anything is not as it should be, just tell us.",
        "voucher": "And your code still stands: {{ incident.makegood }} with {{ incident.code }}",
    },
    "de": {
        "delivered": "deine Bestellung {order} ist angekommen",
        "shipped": "deine Bestellung {order} ist nun doch unterwegs",
        "in_stock": "was in deiner Bestellung {order} ausverkauft war, ist wieder da und kommt zu dir",
        "refunded": "das Geld für deine Bestellung {order} ist auf dem Weg zu dir",
        "other": "was mit deiner Bestellung {order} nicht stimmte, ist in Ordnung gebracht",
        "subject": "Gute Nachricht: {what}",
        "thanks": "Danke für deine Geduld. Wenn etwas nicht ist, wie es sein soll, sag es uns einfach.",
        "voucher": "Und dein Code gilt weiter: {{ incident.makegood }} mit {{ incident.code }}",
    },
    "fr": {
        "delivered": "votre commande {order} est arrivée",
        "shipped": "votre commande {order} est finalement en route",
        "in_stock": "l'article épuisé de votre commande {order} est de retour et part chez vous",
        "refunded": "le remboursement de votre commande {order} est en route",
        "other": "ce qui n'allait pas avec votre commande {order} est réglé",
        "subject": "Bonne nouvelle : {what}",
        "thanks": "Merci de votre patience. Si quelque chose ne va pas, dites-le-nous.",
        "voucher": "Et votre code reste valable : {{ incident.makegood }} avec {{ incident.code }}",
    },
    "es": {
        "delivered": "su pedido {order} ha llegado",
        "shipped": "su pedido {order} está por fin en camino",
        "in_stock": "lo que faltaba de su pedido {order} vuelve a estar y va en camino",
        "refunded": "el dinero de su pedido {order} va de vuelta a usted",
        "other": "lo que salió mal con su pedido {order} está resuelto",
        "subject": "Buenas noticias: {what}",
        "thanks": "Gracias por su paciencia. Si algo no está como debe, díganoslo.",
        "voucher": "Y su código sigue valiendo: {{ incident.makegood }} con {{ incident.code }}",
    },
    "pt": {
        "delivered": "a sua encomenda {order} chegou",
        "shipped": "a sua encomenda {order} está afinal a caminho",
        "in_stock": "o que estava esgotado na sua encomenda {order} voltou e vai a caminho",
        "refunded": "o dinheiro da sua encomenda {order} vai a caminho de si",
        "other": "o que correu mal com a sua encomenda {order} está resolvido",
        "subject": "Boas notícias: {what}",
        "thanks": "Obrigado pela sua paciência. Se algo não estiver como deve, diga-nos.",
        "voucher": "E o seu código continua a valer: {{ incident.makegood }} com {{ incident.code }}",
    },
}

"""The demo's words: a win-back, a thank-you note and an invitation, in English and German, as e-mail and as text."""

from content.templates import Content

WIN_BACK = "we-miss-you"
THANK_YOU = "thank-you-note"
INVITATION = "invite-a-friend"

_WIN_BACK_EN = """\
<h1>We miss you{% if first_name %}, {{ first_name }}{% endif %}.</h1>
<p>It has been {{ profile.days_since | plural(one="a day", other="# days") }} since your last parcel left our table\
{% if last_order.products %}, with {{ last_order.products | listed(2) }} inside{% endif %}. We hope all of it
still gets played, loudly.</p>
<p>New records have come in since, and we would love to be the ones who send you the next. So here is
<strong>{{ offer.summary }}</strong>, with a code that belongs to you and nobody else:</p>
<p class="code">{{ voucher.code }}</p>
<p><a class="button" href="{{ shop.url }}">See what is new</a></p>
<p class="small">Enter the code at checkout. It works once\
{% if voucher.valid_until %}, until {{ voucher.valid_until | date("day") }}{% endif %}.</p>
<p>No hurry, and no hard feelings. It is simply good to have you around.</p>
<p class="signature">All of us at {{ brand.name }}</p>
"""

_WIN_BACK_DE = """\
<h1>Du fehlst uns{% if first_name %}, {{ first_name }}{% endif %}.</h1>
<p>Vor {{ profile.days_since | plural(one="einem Tag", other="# Tagen") }} ging dein letztes Paket von unserem Tisch\
{% if last_order.products %}, darin: {{ last_order.products | listed(2) }}{% endif %}. Hoffentlich läuft alles noch,
und zwar laut.</p>
<p>Seitdem ist viel Neues angekommen, und wir würden dir gern auch die nächste Platte schicken. Darum schenken wir dir
<strong>{{ offer.summary }}</strong>, mit einem Code, der nur dir gehört:</p>
<p class="code">{{ voucher.code }}</p>
<p><a class="button" href="{{ shop.url }}">Neues entdecken</a></p>
<p class="small">Gib den Code an der Kasse ein. Er gilt einmal\
{% if voucher.valid_until %}, bis zum {{ voucher.valid_until | date("day") }}{% endif %}.</p>
<p>Lass dir Zeit. Schön, dass es dich gibt.</p>
<p class="signature">Dein Team von {{ brand.name }}</p>
"""

_THANK_YOU_EN = """\
<h1>{{ variety | vary("Thank you", "Many thanks", "So many thanks") }}\
{% if first_name %}, {{ first_name }}{% endif %}.</h1>
<p>On {{ last_order.placed_at | date("day") }} your first order came across my table, and I had the pleasure of packing
{{ last_order.products | listed(3) | default("your records") }} for you.</p>
<p>I wrapped it the way I like my own parcels: corners first, then everything else. Should anything be less than
perfect, just answer this letter. A person reads it, often me.</p>
<p>And one small wish from somebody who handles music all day: play the first track with nothing else to do.</p>
<p>It means a lot that you chose us.</p>
<p class="signature">{{ last_order.packed_by | default("Your packers") }}</p>
<p class="small">from the packing table at {{ brand.name }}</p>
"""

_THANK_YOU_DE = """\
<h1>{{ variety | vary("Danke", "Vielen Dank", "Tausend Dank") }}{% if first_name %}, {{ first_name }}{% endif %}.</h1>
<p>Am {{ last_order.placed_at | date("day") }} kam deine erste Bestellung über meinen Tisch, und ich durfte
{{ last_order.products | listed(3) | default("deine Platten") }} für dich einpacken.</p>
<p>Ich habe alles so verpackt, wie ich meine eigenen Pakete mag: zuerst die Ecken, dann den Rest. Sollte etwas nicht
stimmen, antworte einfach auf diesen Brief. Ihn liest ein Mensch, oft ich.</p>
<p>Und ein kleiner Wunsch von jemandem, der den ganzen Tag Musik in den Händen hält: Hör das erste Stück, ohne nebenbei
etwas anderes zu tun.</p>
<p>Schön, dass du dich für uns entschieden hast.</p>
<p class="signature">{{ last_order.packed_by | default("Dein Packtisch") }}</p>
<p class="small">vom Packtisch bei {{ brand.name }}</p>
"""

_INVITATION_EN = """\
<h1>You have good ears{% if first_name %}, {{ first_name }}{% endif %}.</h1>
<p>{{ profile.orders | plural(one="One order", other="# orders") }} so far: you are who we keep this shop open for. Is
there somebody you would play a record to, and who has not found us yet?</p>
<p>Send them your link. Both of you get something:</p>
<div class="card">
<p><strong>Your friend:</strong> {{ referral.friend_reward }}, on the first order.</p>
<p><strong>You:</strong> {{ referral.advocate_reward }}, as soon as their order is there to stay.</p>
</div>
<p><a class="button" href="{{ referral.link }}">Your link to share</a></p>
<p>Or say it out loud. This is your code:</p>
<p class="code">{{ referral.code }}</p>
<p class="signature">With love and liner notes, {{ brand.name }}</p>
"""

_INVITATION_DE = """\
<h1>Du hast gute Ohren{% if first_name %}, {{ first_name }}{% endif %}.</h1>
<p>{{ profile.orders | plural(one="Eine Bestellung", other="# Bestellungen") }} bisher: Für Menschen wie dich schließen
wir morgens auf. Gibt es jemanden, dem du gern eine Platte vorspielst und der uns noch nicht kennt?</p>
<p>Schick deinen Link weiter. Ihr habt beide etwas davon:</p>
<div class="card">
<p><strong>Für deine Freundin oder deinen Freund:</strong> {{ referral.friend_reward }}, auf die erste Bestellung.</p>
<p><strong>Für dich:</strong> {{ referral.advocate_reward }}, sobald die Bestellung behalten wird.</p>
</div>
<p><a class="button" href="{{ referral.link }}">Dein Link zum Teilen</a></p>
<p>Oder sag es einfach weiter. Das ist dein Code:</p>
<p class="code">{{ referral.code }}</p>
<p class="signature">Herzlich und mit Beiheft, {{ brand.name }}</p>
"""

_NAMES = {WIN_BACK: "We miss you", THANK_YOU: "Thank-you note, signed by the packer", INVITATION: "Invite a friend"}
_CONTENT: dict[str, Content] = {
    WIN_BACK: {
        "email": {
            "en": {
                "subject": "We miss you{% if first_name %}, {{ first_name }}{% endif %}",
                "preheader": "{{ offer.summary }}, and a code that is only yours.",
                "html": _WIN_BACK_EN,
            },
            "de": {
                "subject": "Du fehlst uns{% if first_name %}, {{ first_name }}{% endif %}",
                "preheader": "{{ offer.summary }} und ein Code, der nur dir gehört.",
                "html": _WIN_BACK_DE,
            },
        },
        "sms": {
            "en": {
                "text": "{{ brand.name }} misses you{% if first_name %}, {{ first_name }}{% endif %}! "
                "{{ offer.summary }} with your own code {{ voucher.code }}: {{ shop.url }}"
            },
            "de": {
                "text": "{{ brand.name }} vermisst dich{% if first_name %}, {{ first_name }}{% endif %}! "
                "{{ offer.summary }} mit deinem Code {{ voucher.code }}: {{ shop.url }}"
            },
        },
    },
    THANK_YOU: {
        "email": {
            "en": {
                "subject": "A note from whoever packed your parcel",
                "preheader": '{{ last_order.packed_by | default("Somebody") }} would like to say thank you.',
                "html": _THANK_YOU_EN,
            },
            "de": {
                "subject": "Ein Gruß vom Packtisch",
                "preheader": '{{ last_order.packed_by | default("Jemand") }} möchte sich bedanken.',
                "html": _THANK_YOU_DE,
            },
        },
        "sms": {
            "en": {
                "text": 'Hi {{ first_name | default("there") }}, I packed '
                '{{ last_order.products | listed(1) | default("your records") }} for you. Thank you for your '
                'first order! {{ last_order.packed_by | default("Your packers") }}, {{ brand.name }}'
            },
            "de": {
                "text": "Hallo{% if first_name %} {{ first_name }}{% endif %}, ich habe "
                '{{ last_order.products | listed(1) | default("deine Platten") }} für dich eingepackt. Danke für deine '
                'erste Bestellung! {{ last_order.packed_by | default("Dein Packtisch") }}, {{ brand.name }}'
            },
        },
    },
    INVITATION: {
        "email": {
            "en": {
                "subject": "Who would you play this to?",
                "preheader": "{{ referral.friend_reward }} for a friend, {{ referral.advocate_reward }} for you.",
                "html": _INVITATION_EN,
            },
            "de": {
                "subject": "Wem würdest du das vorspielen?",
                "preheader": "{{ referral.friend_reward }} für andere, {{ referral.advocate_reward }} für dich.",
                "html": _INVITATION_DE,
            },
        },
        "sms": {
            "en": {
                "text": "Share {{ brand.name }}: a friend gets {{ referral.friend_reward }}, you get "
                "{{ referral.advocate_reward }}. Your link: {{ referral.link }}"
            },
            "de": {
                "text": "Empfiehl {{ brand.name }}: Neue bekommen {{ referral.friend_reward }}, du bekommst "
                "{{ referral.advocate_reward }}. Dein Link: {{ referral.link }}"
            },
        },
    },
}


def templates() -> dict[str, dict[str, object]]:
    """What to PUT to /v1/templates/{id}, by id."""
    return {template: {"name": name, "content": _CONTENT[template]} for template, name in _NAMES.items()}

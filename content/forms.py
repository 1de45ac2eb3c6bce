"""The forms of all channels: which parts each has, and how long they may be.

Lengths are what the providers' own references say they take (docs/channels.md names them), a little less where what
is longer is taken but shown to nobody.
"""

from content import email, sms
from content.approved import approved
from content.cards import Shape, form
from content.form import Form

_CHAT = Shape(buttons=3, answers=True, answered=True)
_META = Shape(buttons=3, answers=True, answered=True, cards=True)

# Parts of WhatsApp's alone: an approved template, a line for each of its values, and one for each of its links.
_APPROVED = {"template": 600, "values": 4_000, "template_links": 2_000}

_FORMS = (
    email.FORM,
    sms.FORM,
    approved(form("whatsapp", _CHAT, words={"text": 4_096}, optional=_APPROVED)),
    form("telegram", Shape(buttons=10, answers=True, answered=True), words={"text": 4_096}),
    form("viber", _CHAT, words={"text": 7_000}),
    form("messenger", _META, words={"text": 2_000}),
    form("instagram", _META, words={"text": 1_000}),
    form("line", Shape(buttons=4, answers=True, answered=True), words={"text": 5_000}),
    form("web_push", Shape(buttons=2), words={"title": 120, "body": 500}, link=True),
    form("mobile_push", Shape(), words={"title": 120, "body": 1_000}, link=True),
    form("inbox", Shape(buttons=3), words={"title": 200, "body": 4_000}, link=True),
    form("webhook", Shape(buttons=10), words={"text": 20_000}, optional={"title": 500}, link=True),
)
FORMS: dict[str, Form] = {one.channel: one for one in _FORMS}

"""The WhatsApp Cloud API's error codes in our words, those of answers and those of status webhooks.

Source: developers.facebook.com, WhatsApp Business Platform, Cloud API, error codes.
"""

from messaging.channel import NotTaken, Rejected

# The receiver asked WhatsApp itself for no more marketing of this shop.
NO_MARKETING = 131050
# Of a status: the number will not take a message. Not 131026, which has many causes that pass.
NEVER = frozenset({131030})

OUTSIDE_WINDOW = Rejected(reason="outside_window")
_BAD_TEMPLATE = Rejected(reason="template_refused")
_STOP = {
    131031: "account_blocked",
    131037: "sender_refused",
    131042: "payment_due",
    131045: "sender_refused",
    131005: "credentials",
    133010: "sender_refused",
    33: "sender_refused",
}
# Too many: of the account, to one person, or for what people think of them.
TOO_MANY = frozenset({130429, 131048, 131056, 133016})
REFUSED: dict[int, Rejected | NotTaken] = {
    **{code: NotTaken(reason=reason, stop=True) for code, reason in _STOP.items()},
    131008: Rejected(reason="refused"),
    131009: Rejected(reason="refused"),
    131021: Rejected(reason="own_address"),
    131026: Rejected(reason="unreachable_address"),
    131030: Rejected(reason="not_allowed_yet"),
    131047: OUTSIDE_WINDOW,
    131049: Rejected(reason="provider_limit"),
    NO_MARKETING: Rejected(reason="stopped_marketing"),
    131051: Rejected(reason="refused"),
    131052: Rejected(reason="bad_media"),
    131053: Rejected(reason="bad_media"),
    130472: Rejected(reason="provider_limit"),
    130497: Rejected(reason="country_not_allowed"),
    132000: _BAD_TEMPLATE,
    132001: Rejected(reason="no_such_template"),
    132005: Rejected(reason="too_long"),
    132007: _BAD_TEMPLATE,
    132012: _BAD_TEMPLATE,
    132015: Rejected(reason="template_paused"),
    132016: Rejected(reason="template_disabled"),
    132068: _BAD_TEMPLATE,
    135000: Rejected(reason="refused"),
}

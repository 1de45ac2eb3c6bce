"""`/r/{code}`: where a friend lands who was sent a referral link."""

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import segno
from flask import Response, redirect, request

from api.context import services
from api.pages.page import new_blueprint, page
from api.pages.words import language_of_visitor, words
from loyalty.programme import Landing

blueprint = new_blueprint("referral")

# The shop reads the code from its own address, and may ask us whether the proof fits it.
CODE, PROOF = "referral", "referral_proof"


@blueprint.get("/r/<code:code>")
def landing(code: str) -> Response:
    """Show what both sides get; looking changes nothing."""
    shop = services().shops.get()
    language = language_of_visitor(shop.locale)
    found = services().referrals.landing(code, language)
    link = services().links.referral(found.code)
    told = words(language)["share_text"].format(shop=shop.name, reward=found.friend_reward)
    text = told if found.friend_reward else f"{shop.name}:"
    return page(
        "referral",
        language,
        leads_to=[shop.url],
        landing=found,
        lead=_lead(found),
        code=found.code,
        link=link,
        whatsapp=f"https://wa.me/?text={quote(f'{text} {link}')}",
        mail=f"mailto:?subject={quote(shop.name)}&body={quote(f'{text} {link}')}",
        qr=segno.make(link, error="m").svg_data_uri(border=2, scale=4),
    )


def _lead(found: Landing) -> str:
    """Which words say when the friend gets it."""
    if found.trigger == "sign_up":
        return "referral_lead_sign_up"
    return "referral_lead" if found.friend_when == "claim" else "referral_lead_order"


@blueprint.post("/r/<code:code>")
def follow(code: str) -> Response:
    """Note that the friend goes on, once a day for each visitor, and send them to the shop with the code.

    A machine that opens links sends no forms: so these are people.
    """
    found = services().referrals.landing(code)
    click = services().visits.note("referral", found.code, visitor(), of=found.programme)
    return redirect(shop_address(services().shops.get().url, found.code, click), 303)  # type: ignore[return-value]  # it is one


def shop_address(url: str, code: str, click: str) -> str:
    """The shop's own address with the code and the proof that somebody came from here."""
    parts = urlsplit(url)
    added = [*parse_qsl(parts.query), (CODE, code), (PROOF, services().proofs.make(code, click))]
    return urlunsplit(parts._replace(query=urlencode(added)))


def visitor() -> str:
    """What tells one visitor from another, as far as that goes without a cookie; kept only as a keyed hash."""
    return f"{request.remote_addr}\0{request.user_agent.string}"

"""Referrals: codes to share, friends who came and bought, and the doubtful ones."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
from flask import Response
from flask.views import MethodView

from api import csv
from api.auth import scope
from api.blueprint import Blueprint
from api.changes import key_names
from api.context import caller, services
from api.merged import led
from api.paging import paged
from api.schemas.base import Page
from api.schemas.referrals import (
    NewReferralNoteSchema,
    ProgrammeArgs,
    ReferralArgs,
    ReferralClaimSchema,
    ReferralCodeSchema,
    ReferralDecisionSchema,
    ReferralProofCheckedSchema,
    ReferralProofKeysSchema,
    ReferralProofSchema,
    ReferralSchema,
    ReferralUseSchema,
)
from common.errors import Invalid
from common.money import Money
from loyalty.proof import Checked
from loyalty.referral import Friend, Referral, Seen
from loyalty.suspicion import sentence_of

blueprint = Blueprint("referrals", __name__, url_prefix="/v1", description="Customers who send their friends.")

_COLUMNS = (
    "id", "programme", "code", "advocate_id", "friend_id", "order_id", "state", "reasons", "friend_voucher",
    "friend_points", "advocate_voucher", "advocate_points", "at", "due_at", "decided_at",
)  # fmt: skip
_AT_ONCE = 250


def shown(referral: Referral) -> dict[str, Any]:
    """A referral as the API shows it, without what fraud is found by."""
    names = key_names([note.by for note in referral.notes]) if referral.notes else {}
    return {
        **_plain(referral),
        # Older notes hold the key's name and no id.
        "notes": [{**msgspec.structs.asdict(one), "by_name": names.get(one.by, one.by)} for one in referral.notes],
    }


def _plain(referral: Referral) -> dict[str, Any]:
    """The same without the notes, for which nothing is looked up."""
    return {
        **msgspec.structs.asdict(referral),
        "advocate_id": referral.advocate,
        "friend_id": referral.friend,
        "order_id": referral.order,
        "order_total": Money(referral.order_total, referral.currency) if referral.currency else None,
        "state": referral.state.value,
        "why": [{"reason": reason, "sentence": sentence_of(reason)} for reason in referral.reasons],
    }


def with_link(programme: str, customer: str, code: str) -> dict[str, Any]:
    """A customer's code as the API shows it."""
    link = services().links.referral(code)
    return {"programme": programme, "customer_id": customer, "code": code, "link": link}


def seen(body: dict[str, Any], code: str) -> Seen:
    """What the shop saw of a friend; raises Invalid for a proof that is none."""
    known = Seen(device=body["device"], payment=body["payment"], ip=body["ip"])
    if not body["proof"]:
        return known
    checked = services().proofs.check(code, body["proof"])
    if not checked.valid:
        raise Invalid.field("proof", f"Proves nothing about this code: {checked.reason}.")
    return msgspec.structs.replace(known, clicked_at=checked.clicked_at)


def who(body: dict[str, Any]) -> Friend:
    """The friend, under the id that they have now."""
    friend: Friend = body["friend"]
    return msgspec.structs.replace(friend, customer_id=led(friend.customer_id))


@blueprint.route("/customers/<customer_id>/referral")
class CustomerReferral(MethodView):
    """A customer's own code."""

    @scope("read")
    @blueprint.arguments(ProgrammeArgs, location="query")
    @blueprint.response(200, ReferralCodeSchema)
    def get(self, args: dict[str, Any], customer_id: str) -> dict[str, Any]:
        """Read a customer's code and link; 404 where they have not been given one."""
        programme = services().referrals.programme(args["programme"])
        code = services().referrals.code_of(programme, customer_id)
        return with_link(programme.id, customer_id, code)

    @scope("checkout")
    @blueprint.arguments(ProgrammeArgs, location="query")
    @blueprint.response(200, ReferralCodeSchema)
    def put(self, args: dict[str, Any], customer_id: str) -> dict[str, Any]:
        """See to it that a customer has a code and a link, as for the page of their account; the same each time."""
        programme = services().referrals.programme(args["programme"])
        code = services().referrals.codes_for(programme.id, [customer_id])[customer_id]
        return with_link(programme.id, customer_id, code)


@blueprint.route("/referrals/verify")
class ReferralVerify(MethodView):
    """The proof that a visitor brings along."""

    @scope("checkout")
    @blueprint.arguments(ReferralProofSchema)
    @blueprint.response(200, ReferralProofCheckedSchema)
    def post(self, body: dict[str, Any]) -> Checked:
        """Ask whether a visitor came by the landing page of a code; changes nothing."""
        return services().proofs.check(body["code"], body["proof"])


@blueprint.route("/referrals/proof-keys")
class ReferralProofKeys(MethodView):
    """The keys for shops that check proofs by themselves."""

    @scope("admin")
    @blueprint.response(200, ReferralProofKeysSchema)
    def get(self) -> dict[str, Any]:
        """Read the keys: the proof ends in the HMAC-SHA-256 of `{code}.{what stands before it}`, in hexadecimal."""
        return {"keys": services().proofs.keys}


@blueprint.route("/referrals/<code>/claim")
class ReferralClaim(MethodView):
    """A friend has come."""

    @scope("checkout")
    @blueprint.arguments(ReferralClaimSchema)
    @blueprint.response(200, ReferralSchema)
    def post(self, body: dict[str, Any], code: str) -> dict[str, Any]:
        """Tell that a friend has signed up, or begun to shop, with a code; again, it is the same referral.

        Their order then counts by itself. 409 names the fraud rule or the limit that refused it.
        """
        return shown(services().referrals.claim(code, who(body), seen(body, code)))


@blueprint.route("/referrals/<code>/redeem")
class ReferralRedeem(MethodView):
    """A friend has bought."""

    @scope("checkout")
    @blueprint.arguments(ReferralUseSchema)
    @blueprint.response(200, ReferralSchema)
    def post(self, body: dict[str, Any], code: str) -> dict[str, Any]:
        """Tell that a friend has bought with a code; again for the same order, it is the same referral.

        409 names the fraud rule or the limit that refused it. The answer holds the friend's voucher, unless it is in
        review.
        """
        return shown(services().referrals.redeem(code, who(body), body["order"], seen(body, code)))


@blueprint.route("/referrals")
class ReferralList(MethodView):
    """All referrals."""

    @scope("read")
    @blueprint.arguments(ReferralArgs, location="query")
    @blueprint.response(200, Page(ReferralSchema))
    @blueprint.doc(responses=csv.RESPONSES)
    def get(self, args: dict[str, Any]) -> dict[str, Any] | Response:
        """List referrals, of one state if wanted: `?state=review` are those that wait for a person. CSV holds all."""
        wanted = {name: args[name] for name in ("state", "programme", "advocate", "friend")}
        fetch = partial(services().referrals.page, **wanted)  # a list that is streamed outlives the request
        if csv.is_wanted():
            return csv.answer("referrals", _COLUMNS, _rows(fetch, args["after"]))
        page = paged(fetch, args)
        return {**page, "data": [shown(referral) for referral in page["data"]]}


def _rows(fetch: Any, after: str) -> Iterator[dict[str, Any]]:
    while found := fetch(after, _AT_ONCE):
        for referral in found:
            yield {**_plain(referral), "reasons": " ".join(referral.reasons)}
        after = found[-1].id


@blueprint.route("/referrals/<referral_id>")
class ReferralItem(MethodView):
    """One referral."""

    @scope("read")
    @blueprint.response(200, ReferralSchema)
    def get(self, referral_id: str) -> dict[str, Any]:
        """Read a referral, with the reasons for what became of it."""
        return shown(services().referrals.get(referral_id))


@blueprint.route("/referrals/<referral_id>/notes")
class ReferralNotes(MethodView):
    """What people think of it."""

    @scope("campaigns")
    @blueprint.arguments(NewReferralNoteSchema)
    @blueprint.response(200, ReferralSchema)
    def post(self, body: dict[str, Any], referral_id: str) -> dict[str, Any]:
        """Keep a note, without deciding."""
        return shown(services().referrals.note(referral_id, caller().id, body["note"]))


@blueprint.route("/referrals/<referral_id>/approve")
class ReferralApprove(MethodView):
    """Nothing is wrong."""

    @scope("campaigns")
    @blueprint.arguments(ReferralDecisionSchema)
    @blueprint.response(200, ReferralSchema)
    def post(self, body: dict[str, Any], referral_id: str) -> dict[str, Any]:
        """Let a referral in review count: the friend gets their reward now, the advocate after the return window."""
        return shown(services().referrals.approve(referral_id, caller().id, body["note"]))


@blueprint.route("/referrals/<referral_id>/reject")
class ReferralReject(MethodView):
    """Something is wrong."""

    @scope("campaigns")
    @blueprint.arguments(ReferralDecisionSchema)
    @blueprint.response(200, ReferralSchema)
    def post(self, body: dict[str, Any], referral_id: str) -> dict[str, Any]:
        """Refuse a referral that is not rewarded yet; what the friend has got is taken back."""
        return shown(services().referrals.reject(referral_id, caller().id, body["note"]))

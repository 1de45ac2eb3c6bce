"""Who is who: merging, duplicates, and what is told to a person of themselves."""

from typing import Any

from marshmallow import fields

from api.schemas.base import ShopId, Strict


class MergeSchema(Strict):
    """Who is the same person."""

    other = ShopId(required=True, metadata={"description": "The customer who becomes this one."})


def _section(description: str) -> Any:
    return fields.List(fields.Dict(), required=True, metadata={"description": description})


class ExportSchema(Strict):
    """All that is held of a person. Times are RFC 3339, money in minor units; other people are left out."""

    customer = _section("Facts, addresses, consents as they stand, what orders and visits add up to, scores.")
    consents = _section("Every word of consent ever said: when, how, its wording, who passed it on.")
    suppressions = _section("Which of the addresses are not written to, for what, and why.")
    orders = _section("Orders with their lines and all that happened to them, troubles included.")
    vouchers = _section("Codes that are theirs.")
    redemptions = _section("Codes they used, and what came off.")
    guesses = _section("How often they asked for codes that do not exist.")
    points = _section("Every entry of their points.")
    referral_codes = _section("Their codes to share.")
    referrals_made = _section("Friends they sent: when, and what they got for it; not who.")
    referral_tiers = _section("What they got for so many friends.")
    referred_by = _section("That a friend sent them: when, and what they got for it; not who.")
    win_back = _section("What was decided for them in win-back campaigns, and why.")
    messages = _section("Messages to them: state, attempts, and what providers said.")
    contents = _section("The words of each, as received.")
    responses = _section("What they did with them: opened, clicked, complained.")
    conversations = _section("What they wrote back, and what they were answered.")
    chat_links = _section("Links made for them to connect a chat: what a yes by one means, and when it was used.")
    short_links = _section("Links in text messages to them, and where they lead.")
    journeys = _section("Which campaigns of several steps they are in, or were.")
    refusals = _section("Which campaigns did not let them in when something happened, and why.")
    incidents = _section("What went wrong with their orders, and what they were told and given for it.")
    survey_questions = _section("When they were to be asked what they think, and whether they were.")
    survey_answers = _section("What they answered.")
    events = _section("What happened, as the timeline tells it.")
    segments = _section("The segments they were in when those were last looked at.")
    segment_moves = _section("When they came into a segment, and when they left it.")


class DuplicateSchema(Strict):
    """Customers who have an address in common, and may be one person."""

    id = fields.String(required=True, metadata={"description": "Of this finding."})
    channel = fields.String(required=True)
    customers = fields.List(fields.String(), required=True, metadata={"description": "Whose address it is."})
    reason = fields.String(required=True, metadata={"description": "same_email or same_sms."})

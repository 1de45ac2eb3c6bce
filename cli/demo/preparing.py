"""Scene c: what they receive, and the words."""

from cli.demo.client import Json
from cli.demo.content import WIN_BACK, templates
from cli.demo.world import World

OFFERS: dict[str, Json] = {
    "win-back": {
        "name": "A fifth off, for old times' sake",
        "kind": "percent",
        "settings": {"percent": 20, "at_most": {"amount": 2_000, "currency": "USD"}},
        "valid_days": 21,
        "budget": {"uses": 400, "money": {"amount": 400_000, "currency": "USD"}, "per_customer": 1},
    },
    "friend": {"name": "Welcome aboard", "kind": "percent", "settings": {"percent": 15}, "valid_days": 60},
    "advocate": {
        "name": "Thank you for a friend",
        "kind": "amount",
        "settings": {"amount": {"amount": 500, "currency": "USD"}},
        "valid_days": 90,
    },
}


def play(world: World) -> None:
    """Make the offers, the referral programme and the templates, and look at one message as a customer would."""
    for name, offer in OFFERS.items():
        made = world.api.post("/v1/offers", offer)
        world.offers[name] = made["id"]
        world.screen.say(f"Offer: {made['name']} ({made['summary']})")
    programme = {
        "name": "Bring a friend",
        "friend_offer": world.offers["friend"],
        "advocate_offer": world.offers["advocate"],
    }
    world.programme = world.api.post("/v1/referral-programmes", programme)["id"]
    world.screen.say("Referral programme: the friend's reward at once, the advocate's after the return window.")
    for name, template in templates().items():
        world.api.put(f"/v1/templates/{name}", dict(template))
    world.screen.say("Words: win-back, thank-you note and invitation, each as e-mail and text, in English and German.")
    _refused(world)
    _preview(world)


def _refused(world: World) -> None:
    """A template with a misspelt variable does not get in."""
    content = {"sms": {"en": {"text": "Hello {{ frist_name }}"}}}
    answer = world.api.refused("/v1/templates", {"name": "Misspelt", "content": content})
    place, messages = next(iter(answer["errors"].items()))
    world.screen.say(f"A misspelt variable is refused where it stands: {place}: {messages[0]}")


def _preview(world: World) -> None:
    member = world.api.get(f"/v1/segments/{world.segments['slipping away']}/members", limit=1)["data"][0]
    about = {"template": WIN_BACK, "offer": world.offers["win-back"]}
    wanted = {**about, "channel": "sms", "locale": "de", "customer": member["id"]}
    preview = world.api.post("/v1/templates/preview", wanted)
    segments = preview["sms"]["segments"]
    length = "1 segment" if segments == 1 else f"{segments} segments"
    title = f"Preview: {WIN_BACK} for {member['first_name'] or member['id']}, as a German text ({length})"
    world.screen.message(title, preview["parts"]["text"])

"""Scene d: a campaign is rehearsed, launched, and watched until it has gone out."""

from cli.demo.client import Json
from cli.demo.content import INVITATION, THANK_YOU, WIN_BACK
from cli.demo.world import PATIENCE, World


def win_back(world: World) -> None:
    """To those slipping away: an offer, and a tenth held out to compare with."""
    _launch(
        world,
        "win-back",
        {
            "name": "Win-back: a fifth off",
            "segment": world.segments["slipping away"],
            "template": WIN_BACK,
            "offer": world.offers["win-back"],
            "holdout_percent": 10,
        },
    )


def thank_you(world: World) -> None:
    """To those who bought for the first time lately: a note from who packed it."""
    _launch(
        world,
        "thank-you",
        {"name": "Thank-you note", "segment": world.segments["first order lately"], "template": THANK_YOU},
    )


def invitation(world: World) -> None:
    """To champions: a code to share."""
    _launch(
        world,
        "invitation",
        {
            "name": "Bring a friend",
            "segment": world.segments["champions"],
            "template": INVITATION,
            "referral_programme": world.programme,
        },
    )


def _launch(world: World, name: str, campaign: Json) -> None:
    made = world.api.post("/v1/campaigns", campaign)["id"]
    world.campaigns[name] = made
    dry = world.api.post(f"/v1/campaigns/{made}/dry-run")
    world.screen.say(
        f"{campaign['name']}, rehearsed: {dry['audience']:,} in the segment, {dry['held_out']:,} held out, "
        f"would go to {_counts(dry['would_send'])}; not to {_counts(dry['would_skip'])}."
    )
    world.api.post(f"/v1/campaigns/{made}/launch")
    with world.screen.bar(f"sending {name}") as bar:

        def read() -> Json:
            report = world.api.get(f"/v1/campaigns/{made}/report?fresh=true")
            bar.at(sum(report["sent"].values()), dry["audience"] - dry["held_out"] - sum(dry["would_skip"].values()))
            return report

        report = world.api.until(read, lambda now: now["state"] == "finished", PATIENCE, f"Sending {name}")
    world.screen.say(f"  planned {report['planned']:,}, sent {_counts(report['sent'])}")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items()) or "nobody"

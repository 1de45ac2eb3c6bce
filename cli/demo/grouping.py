"""Scene b: segments, each looked at before it is used."""

from cli.demo.client import Json
from cli.demo.world import PATIENCE, World

SEGMENTS: dict[str, Json] = {
    "slipping away": {"rule": "late_for_self", "factor": 2, "purchases": 3},
    "champions": {"rule": "rfm_cell", "any_of": ["champions"]},
    "first order lately": {"rule": "first_order_lately", "days": 14},
}


def play(world: World) -> None:
    """Have the scores worked out, then preview and keep each segment."""
    world.screen.say("Recency, frequency and money of everybody are scored inside the database, by a worker.")
    world.api.post("/v1/segments/refresh-scores")
    buyers = world.api.post("/v1/segments/preview", {"rules": {"rule": "profile_orders", "at_least": 1}})["count"]
    with world.screen.bar("scoring") as bar:

        def read() -> Json:
            scored = sum(cell["customers"] for cell in world.api.get("/v1/segments/cells")["data"])
            bar.at(scored, buyers)
            return {"scored": scored}

        world.api.until(read, lambda now: now["scored"] >= buyers, PATIENCE, "Scoring")
    rows = []
    for name, rules in SEGMENTS.items():
        preview = world.api.post("/v1/segments/preview", {"rules": rules})
        world.segments[name] = world.api.post("/v1/segments", {"name": name, "rules": rules})["id"]
        people = ", ".join(person["first_name"] or person["id"] for person in preview["sample"][:5])
        rows.append([name, f"{preview['count']:,}", people, f"{preview['milliseconds']} ms"])
    world.screen.table("Segments", ["segment", "people", "among them", "worked out in"], rows)
    _explain(world)


def _explain(world: World) -> None:
    segment = world.segments["slipping away"]
    member = world.api.get(f"/v1/segments/{segment}/members", limit=1)["data"][0]
    why = world.api.get(f"/v1/segments/{segment}/explain", customer=member["id"])
    world.screen.say(f"Why is {member['first_name'] or member['id']} slipping away? {why['value']}")

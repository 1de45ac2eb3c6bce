"""Old ids lead to the person, however many merges later."""

from wiring import Services


def test_an_id_that_was_never_merged_is_not_told(services: Services) -> None:
    assert services.aliases.resolve(["ana", "bob"]) == {}
    services.aliases.add("ana", "bob", services.clock.now())
    assert services.aliases.resolve(["bob", "carl"]) == {}
    assert services.aliases.one("carl") == "carl"


def test_chains_are_followed_from_any_place(services: Services) -> None:
    now = services.clock.now()
    for old, into in [("a", "b"), ("b", "c"), ("x", "c"), ("c", "d")]:
        services.aliases.add(old, into, now)
    assert services.aliases.resolve(["a", "b", "c", "d", "x", "y"]) == dict.fromkeys("abcx", "d")
    assert services.aliases.resolve(["a"]) == {"a": "d"}
    assert services.aliases.of("d") == ["a", "b", "c", "x"]


def test_adding_twice_is_once(services: Services) -> None:
    for _ in range(2):
        services.aliases.add("a", "b", services.clock.now())
    assert services.aliases.resolve(["a"] * 3) == {"a": "b"}


def test_a_chain_that_was_left_uneven_is_followed_too(services: Services) -> None:
    now = services.clock.now()
    services.database["aliases"].insert_many(
        [{"_id": "a", "into": "b", "at": now}, {"_id": "b", "into": "c", "at": now}]
        + [{"_id": f"n{number}", "into": "m", "at": now} for number in range(20)]
    )
    assert services.aliases.resolve(["a"]) == {"a": "c"}
    assert services.aliases.resolve(["a", "b", *(f"z{number}" for number in range(30))]) == {"a": "c", "b": "c"}

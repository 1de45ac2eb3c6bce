"""Nobody who said STOP is written to, and nobody can read from the database who did."""

from typing import Any

from common.ids import new_id
from customers.consent import BY_HAND, SuppressionWord
from storage.mongo import Mongo
from storage.suppressions import MongoSuppressions
from tests.support.clock import START

PHONE, OTHER = "+351912345678", "+351911111111"
BY_PHONE: dict[str, Any] = {"reason": BY_HAND, "at": START, "by": "key", "note": "Ana Costa called"}


def test_an_address_is_suppressed_for_its_purpose_or_for_all(database: Mongo) -> None:
    suppressions = MongoSuppressions(database, b"key")
    suppressions.add("sms", PHONE, "marketing", "stop", START)
    suppressions.add("sms", OTHER, "all", "bounced", START)
    both = [PHONE, OTHER, "+351910000000"]
    assert suppressions.among("sms", both, "marketing") == {PHONE: "stop", OTHER: "bounced"}
    assert suppressions.among("sms", both, "service") == {OTHER: "bounced"}
    assert suppressions.among("email", both, "marketing") == {}


def test_lifting_one_reason_leaves_the_others(database: Mongo) -> None:
    suppressions = MongoSuppressions(database, b"key")
    for reason in ("stop", "complaint", "stop"):
        suppressions.add("sms", PHONE, "marketing", reason, START)
    assert suppressions.among("sms", [PHONE], "marketing") == {PHONE: "stop"}
    suppressions.lift("sms", PHONE, "stop")
    assert suppressions.among("sms", [PHONE], "marketing") == {PHONE: "complaint"}
    suppressions.lift("sms", PHONE, "complaint")
    assert suppressions.among("sms", [PHONE], "marketing") == {}


def test_a_new_key_still_finds_what_an_old_one_hashed(database: Mongo) -> None:
    MongoSuppressions(database, b"old").add("sms", PHONE, "all", "stop", START)
    rotated = MongoSuppressions(database, b"new", b"old")
    assert rotated.among("sms", [PHONE], "marketing") == {PHONE: "stop"}
    assert MongoSuppressions(database, b"new").among("sms", [PHONE], "marketing") == {}
    rotated.lift("sms", PHONE, "stop")
    assert rotated.among("sms", [PHONE], "marketing") == {}


def test_no_address_can_be_read_from_the_database(database: Mongo) -> None:
    address = f"{new_id()}@example.com"
    MongoSuppressions(database, b"key").add("email", address, "all", "complaint", START)
    assert address not in str(list(database["suppressions"].find()))


def test_what_was_noted_about_an_address_can_be_forgotten_and_the_suppression_stays(database: Mongo) -> None:
    suppressions = MongoSuppressions(database, b"new", b"old")
    MongoSuppressions(database, b"old").add_by_hand("sms", PHONE, SuppressionWord(**BY_PHONE, purpose="all"))
    suppressions.add_by_hand("sms", OTHER, SuppressionWord(**BY_PHONE, purpose="all"))
    suppressions.lift_by_hand("sms", PHONE, BY_HAND, START, "key", "Ana came to the shop")
    suppressions.add("sms", PHONE, "all", "bounced", START)
    suppressions.add_by_hand("sms", PHONE, SuppressionWord(**BY_PHONE, purpose="service"))
    for _ in range(2):
        suppressions.forget_notes({"sms": [PHONE], "email": ["nobody@example.com"]})
    record = suppressions.record("sms", PHONE)
    assert [(word.reason, word.note) for word in record.standing] == [("bounced", ""), (BY_HAND, "")]
    assert [(word.reason, word.note) for word in record.lifted] == [(BY_HAND, "")]
    assert [word.note for word in suppressions.record("sms", OTHER).standing] == [BY_PHONE["note"]]

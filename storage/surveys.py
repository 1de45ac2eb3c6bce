"""Surveys, whom they ask, and what is answered, in MongoDB."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from pymongo.errors import DuplicateKeyError

from campaigns.surveys.results import Day
from campaigns.surveys.survey import Answer, Asking, Survey
from common.errors import Conflict, NotFound, Stale
from common.events import event
from customers.timeline import place_of
from storage.events import pending_fields, pending_index
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, plain, to_document
from storage.personal import Personal
from storage.writes import insert_new

PUMPED = "survey_answers"
INDEXES = [
    Index(collection="survey_askings", keys=[("state", 1), ("due_at", 1)]),
    Index(collection="survey_askings", keys=[("customer", 1), ("survey", 1)]),
    Index(collection="survey_askings", keys=[("survey", 1), ("state", 1)]),
    Index(collection="survey_answers", keys=[("survey", 1), ("at", 1)]),
    Index(collection="survey_answers", keys=[("customer", 1)]),
    pending_index("survey_answers"),
]
PERSONAL = [
    Personal(collection="survey_askings", customer="customer", export="survey_questions", hidden=["customer"]),
    Personal(
        collection="survey_answers",
        customer="customer",
        erase="nobody",
        gone=["comment", "pending", "pending_at"],
        export="survey_answers",
        hidden=["customer", "pending", "pending_at"],
    ),
]


class MongoSurveys:
    """Surveys (SurveyStore)."""

    def __init__(self, database: Mongo) -> None:
        self._surveys = database["surveys"]

    def add(self, survey: Survey) -> Survey:
        """Keep a new one; raises Conflict where its id is taken."""
        kept = msgspec.structs.replace(survey, version=1)
        try:
            self._surveys.insert_one(_document(kept))
        except DuplicateKeyError:
            raise Conflict(f"There is a survey {survey.id!r} already.", "exists") from None
        return kept

    def get(self, id: str) -> Survey:
        """One; raises NotFound."""
        document = self._surveys.find_one({"_id": id})
        if document is None:
            raise NotFound("survey", id)
        return from_document(document, Survey)

    def change(self, survey: Survey, expected_version: int) -> Survey:
        """Keep another definition; raises Stale where the version no longer holds."""
        changed = msgspec.structs.replace(survey, version=expected_version + 1)
        held = {"_id": survey.id, "version": expected_version}
        if not self._surveys.replace_one(held, _document(changed)).matched_count:
            raise Stale(f"Survey {survey.id!r} has been changed since; read it again.")
        return changed

    def page(self, after: str, limit: int) -> list[Survey]:
        """A page in the order of ids."""
        return from_documents(self._surveys.find({"_id": {"$gt": after}}).sort("_id", 1).limit(limit), Survey)

    def after(self, what: str) -> list[Survey]:
        """The active ones that ask after this."""
        return [one for one in from_documents(self._surveys.find({"after": what}), Survey) if one.active]


class MongoAskings:
    """Whom is asked (Askings)."""

    def __init__(self, database: Mongo) -> None:
        self._askings = database["survey_askings"]

    def plan(self, askings: Sequence[Asking]) -> None:
        """Keep new ones; those that are there stay as they are."""
        insert_new(self._askings, [{**to_document(one), "state": one.state} for one in askings])

    def due(self, now: datetime, limit: int) -> list[Asking]:
        """Those whose time has come, the oldest first."""
        found = self._askings.find({"state": "waiting", "due_at": {"$lte": now}}).sort("due_at", 1).limit(limit)
        return from_documents(found, Asking)

    def lately(self, survey: str, customer: str, since: datetime) -> bool:
        """Whether a customer was asked this since then."""
        asked = {"customer": customer, "survey": survey, "state": "asked", "asked_at": {"$gt": since}}
        return self._askings.find_one(asked, {"_id": 1}) is not None

    def move(self, id: str, **changes: Any) -> None:
        """Note what became of one that waits."""
        fields = {name: plain(value) for name, value in changes.items()}
        self._askings.update_one({"_id": id, "state": "waiting"}, {"$set": fields})

    def asked(self, survey: str) -> int:
        """How many were asked."""
        return self._askings.count_documents({"survey": survey, "state": "asked"})


class MongoAnswers:
    """What is answered (Answers)."""

    def __init__(self, database: Mongo) -> None:
        self._answers = database["survey_answers"]

    def keep(self, answer: Answer) -> bool:
        """Keep an answer, and tell of it; False where the message was answered before."""
        data = {"survey": answer.survey, "score": answer.score, "low": answer.low, "message": answer.message}
        if answer.order:
            data["order"] = answer.order
        told = event("survey_answered", answer.at, answer.customer, [answer.message], **data)
        return not insert_new(self._answers, [to_document(answer) | pending_fields([told])])

    def get(self, message: str) -> Answer | None:
        """What was answered to a message."""
        document = self._answers.find_one({"_id": message}, {"pending": 0})
        return None if document is None else from_document(document, Answer)

    def page(self, after: str, limit: int, survey: str, *, commented: bool = False) -> list[Answer]:
        """A page of a survey's answers, the newest first; raises Invalid for a cursor that is none."""
        query: Document = {"survey": survey}
        if commented:
            query["comment"] = {"$gt": ""}
        if after:
            at, id = place_of(after)  # noqa: A001  # as the domain calls it
            query["$or"] = [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": id}}]
        found = self._answers.find(query, {"pending": 0}).sort([("at", -1), ("_id", -1)]).limit(limit)
        return from_documents(found, Answer)

    def sums(self, survey: str) -> tuple[dict[int, int], list[Day]]:
        """How often each score was given, and the answers day by day."""
        day = {"$dateToString": {"date": "$at", "format": "%Y-%m-%d"}}
        group = {"_id": {"day": day, "score": "$score"}, "answers": {"$sum": 1}}
        scores: dict[int, int] = {}
        days: dict[str, tuple[int, int]] = {}
        for row in self._answers.aggregate([{"$match": {"survey": survey}}, {"$group": group}]):
            score, on, many = row["_id"]["score"], row["_id"]["day"], row["answers"]
            scores[score] = scores.get(score, 0) + many
            count, total = days.get(on, (0, 0))
            days[on] = (count + many, total + score * many)
        told = [Day(day=on, answers=count, mean=total / count) for on, (count, total) in sorted(days.items())]
        return scores, told


def _document(survey: Survey) -> Document:
    return {**to_document(survey), "after": survey.after}

"""Asks, after a delivery or an incident, and takes the answer. Each step may be done twice."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from campaigns.single import Sender, Wanted
from campaigns.surveys.survey import LONGEST_COMMENT, Answer, Answers, Asking, Askings, Survey, SurveyStore, checked
from common.clock import Clock
from common.errors import Conflict, Invalid, NotFound, Stale
from common.events import Events
from common.ids import derive
from common.links import Links
from content import survey_words
from content.templates import Template, Templates
from customers.customer import Customer, Customers
from customers.incident import rests
from customers.shop import Shops
from messaging.message import Message, message_id

CONSUMER = "surveys"
# What happened longer ago when we hear of it is history, and nobody is asked about it.
NEWS = timedelta(days=3)
# A number that is written back is an answer to the question of these days.
REPLY_WITHIN = timedelta(days=14)
AT_ONCE = 500
_SCORE = re.compile(r"\s*([0-9]{1,2})(?:\s*/\s*(?:10|5))?(?:[\s.,;:!\u2013-]+(.*))?\s*\Z", re.DOTALL)


class Lately(Protocol):
    """What customers were sent."""

    def sent(self, customers: Sequence[str], channel: str, since: datetime, limit: int) -> list[Message]:
        """What these customers were handed on a channel since then, the newest first."""
        ...


class Surveying:
    """Asks, and listens."""

    def __init__(
        self,
        *,
        surveys: SurveyStore,
        askings: Askings,
        answers: Answers,
        customers: Customers,
        templates: Templates,
        sender: Sender,
        lately: Lately,
        events: Events,
        shops: Shops,
        links: Links,
        clock: Clock,
    ) -> None:
        self._surveys = surveys
        self._askings = askings
        self._answers = answers
        self._customers = customers
        self._templates = templates
        self._sender = sender
        self._lately = lately
        self._events = events
        self._shops = shops
        self._links = links
        self._clock = clock

    def react(self, limit: int = AT_ONCE) -> int:
        """Plan a question for each event that a survey asks after; how many events there were."""
        events = self._events.waiting_for(CONSUMER, limit)
        now = self._clock.now()
        planned = [
            Asking(
                id=derive("asking", survey.id, event.id),
                survey=survey.id,
                customer=event.customer,
                due_at=event.at + survey.waits,
                order=str(event.data.get("order", "")),
                case=str(event.data.get("case", "")),
            )
            for what in sorted({event.type for event in events} & {"order_delivered", "incident_solved"})
            for survey in self._surveys.after(what)
            for event in events
            if event.type == what and event.at >= max(survey.created_at, now - NEWS)
        ]
        self._askings.plan(planned)
        self._events.done(CONSUMER, [event.id for event in events])
        return len(events)

    def ask_due(self, limit: int = AT_ONCE) -> int:
        """Ask whom it is time to ask; how many were looked at."""
        due = self._askings.due(self._clock.now(), limit)
        for asking in due:
            self._ask(asking)
        return len(due)

    def ask(self, survey: str, customer: str, operation: str) -> Message:
        """Ask one customer now; the same operation again is the same message. Raises NotFound, Conflict, Invalid."""
        return self._send(
            self._surveys.get(survey), Asking(id=operation, survey=survey, customer=customer, due_at=self._clock.now())
        )

    def survey_of(self, message: Message) -> Survey:
        """The survey that a message asks; raises NotFound for a message that asks nothing."""
        said = message.data.get("survey")
        if not isinstance(said, Mapping):
            raise NotFound("page", "survey")
        return self._surveys.get(str(said["survey"]))

    def answered(self, message: Message) -> Answer | None:
        """What was answered to a message, if anything."""
        return self._answers.get(message.id)

    def answer(self, message: Message, score: int, comment: str = "", via: str = "page") -> Answer:
        """Take an answer; the first one stands. Raises NotFound, and Invalid for a score that the survey has not."""
        survey = self.survey_of(message)
        answer = Answer(
            message=message.id,
            survey=survey.id,
            customer=message.customer,
            score=checked(survey, score),
            at=self._clock.now(),
            comment=comment.strip()[:LONGEST_COMMENT],
            via="reply" if via == "reply" else "page",
            channel=message.channel,
            order=str(message.data["survey"].get("order", "")),
            low=score <= survey.low_until,
        )
        if self._answers.keep(answer):
            return answer
        return self._answers.get(message.id) or answer

    def take(self, channel: str, text: str, at: datetime, people: Sequence[Customer]) -> str:
        """What to say back to a reply that answers a question; "" where it answers none."""
        said = _SCORE.match(text)
        if said is None or not people:
            return ""
        sent = self._lately.sent([one.id for one in people], channel, at - REPLY_WITHIN, 20)
        question = next((message for message in sent if "survey" in message.data), None)
        if question is None or self._answers.get(question.id) is not None:
            return ""
        try:
            self.answer(question, int(said[1]), said[2] or "", "reply")
        except (Invalid, NotFound):
            return ""
        return survey_words.thanks(question.locale)

    def question(self, survey: Survey, locale: str) -> str:
        """What it asks, in this language: the shop's own words before ours."""
        shop = self._shops.get()
        for tag in (locale, locale.partition("-")[0], shop.locale, shop.locale.partition("-")[0]):
            if tag in survey.question:
                return survey.question[tag]
        return survey_words.question(survey.scale, locale or shop.locale).replace("{shop}", shop.name)

    def _ask(self, asking: Asking) -> None:
        now, survey = self._clock.now(), self._surveys.get(asking.survey)
        person = self._customers.get([asking.customer]).get(asking.customer)
        reason = ""
        if not survey.active:
            reason = "inactive"
        elif person is None:
            reason = "no_customer"
        elif rests(person.care, now):
            reason = "incident_open"
        elif self._askings.lately(survey.id, asking.customer, now - timedelta(days=survey.every_days)):
            reason = "asked_lately"
        if reason:
            self._askings.move(asking.id, state="skipped", reason=reason)
            return
        try:
            message = self._send(survey, asking)
        except Conflict as error:
            self._askings.move(asking.id, state="skipped", reason=error.reason or "conflict")
        except (Invalid, NotFound):
            self._askings.move(asking.id, state="skipped", reason="template")
        else:
            self._askings.move(asking.id, state="asked", message=message.id, asked_at=now)

    def _send(self, survey: Survey, asking: Asking) -> Message:
        person = self._customers.get([asking.customer]).get(asking.customer)
        if person is None:
            raise NotFound("customer", asking.customer)
        self._install(survey.template)
        operation = derive("survey", asking.id)
        link = self._links.url("survey", message_id(operation, person.id, 0))
        values = {
            "question": self.question(survey, person.locale),
            "link": link,
            "low": str(survey.scores[0]),
            "high": str(survey.scores[-1]),
        }
        data: dict[str, Any] = {
            "values": {"survey": values},
            "survey": {"survey": survey.id, "asking": asking.id, "order": asking.order, "case": asking.case},
        }
        if asking.order:
            data["event"] = {"order": asking.order}
        wanted = Wanted(customer=person.id, template=survey.template, purpose="service", brand=survey.brand, data=data)
        return self._sender.send(wanted, operation)

    def _install(self, template: str) -> None:
        """Put our own words in place where the shop has none."""
        if template != survey_words.TEMPLATE:
            return
        try:
            self._templates.get(template)
        except NotFound:
            ours = Template(id=template, name=survey_words.NAME, content=survey_words.content())
            try:
                self._templates.put(ours, expected_version=0)
            except Stale:  # somebody was quicker
                return

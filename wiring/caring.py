"""Single messages, and what is done where something went wrong."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from campaigns.batching import Batching
from campaigns.care.choosing import Choosing
from campaigns.care.giving import Giver
from campaigns.care.noticing import Noticing
from campaigns.care.opening import Ending, Opening
from campaigns.care.telling import Telling
from campaigns.single import Sender
from campaigns.surveys.asking import Surveying
from common.ids import new_id
from customers.customer import Customer
from loyalty.purse import Purse
from storage.cases import MongoCases
from storage.goodwill import MongoGoodwill
from storage.incidents import MongoIncidents
from storage.recent import MongoRecent
from storage.surveys import MongoAnswers, MongoAskings, MongoSurveys
from storage.troubled_orders import MongoTroubledOrders
from wiring.sending import Sending


class Caring(Sending):
    """How a shop makes good."""

    @cached_property
    def sender(self) -> Sender:
        """Sends single messages."""
        return Sender(
            customers=self.customers,
            templates=self.templates,
            offers=self.offers,
            batching=self.batching,
            shops=self.shops,
            clock=self.clock,
        )

    @cached_property
    def batching(self) -> Batching:
        """Puts planned messages into batches."""
        size = self.settings.batch_size
        return Batching(messages=self.messages, doorbell=self.doorbell, clock=self.clock, size=size)

    @cached_property
    def incidents(self) -> MongoIncidents:
        """What went wrong."""
        return MongoIncidents(self.database)

    @cached_property
    def cases(self) -> MongoCases:
        """Whom it hit, and what was done."""
        return MongoCases(self.database, self.clock)

    @cached_property
    def goodwill(self) -> MongoGoodwill:
        """What the shop does by itself."""
        return MongoGoodwill(self.database)

    @cached_property
    def purse(self) -> Purse:
        """The goodwill budget."""
        return Purse(self.offers, self.vouchers, self.clock)

    @cached_property
    def noticing(self) -> Noticing:
        """Notices what went wrong, and what was put right."""
        return Noticing(
            orders=self.orders,
            customers=self.customers,
            incidents=self.incidents,
            cases=self.cases,
            overdue=MongoTroubledOrders(self.database),
            sold_out=self.cases.sold_out,
            policies=self.goodwill,
            events=self.events,
            doorbell=self.doorbell,
            clock=self.clock,
        )

    @cached_property
    def opening(self) -> Opening:
        """Opens incidents over many orders."""
        return Opening(
            orders=self.orders,
            customers=self.customers,
            incidents=self.incidents,
            cases=self.cases,
            hit=MongoTroubledOrders(self.database),
            policies=self.goodwill,
            doorbell=self.doorbell,
            clock=self.clock,
            new_id=new_id,
        )

    @cached_property
    def ending(self) -> Ending:
        """Ends what people say is over."""

        def after(incident: str, last: str) -> list[str]:
            return [case.id for case in self.cases.page(last, 200, incident=incident)]

        return Ending(self.cases, after, self.doorbell)

    @cached_property
    def choosing(self) -> Choosing:
        """Takes what customers choose on the page of their order."""
        return Choosing(
            cases=self.cases,
            incidents=self.incidents,
            products=self.products,
            policies=self.goodwill,
            clock=self.clock,
        )

    @cached_property
    def giver(self) -> Giver:
        """Gives make-goods."""
        return Giver(
            ledger=self.cases,
            purse=self.purse,
            offers=self.offers,
            vouchers=self.vouchers,
            policies=self.goodwill,
            clock=self.clock,
        )

    @cached_property
    def telling(self) -> Telling:
        """Tells bad news first, and good news after."""
        return Telling(
            book=self.cases,
            giver=self.giver,
            orders=self.orders,
            customers=self.customers,
            products=self.products,
            templates=self.templates,
            sender=self.sender,
            messages=self.messages,
            shops=self.shops,
            policies=self.goodwill,
            clock=self.clock,
        )

    @cached_property
    def surveys(self) -> MongoSurveys:
        """What customers are asked."""
        return MongoSurveys(self.database)

    @cached_property
    def askings(self) -> MongoAskings:
        """Whom is asked."""
        return MongoAskings(self.database)

    @cached_property
    def survey_answers(self) -> MongoAnswers:
        """What they say."""
        return MongoAnswers(self.database)

    @cached_property
    def surveying(self) -> Surveying:
        """Asks, and listens."""
        return Surveying(
            surveys=self.surveys,
            askings=self.askings,
            answers=self.survey_answers,
            customers=self.customers,
            templates=self.templates,
            sender=self.sender,
            lately=MongoRecent(self.database),
            events=self.events,
            shops=self.shops,
            links=self.links,
            clock=self.clock,
        )

    def answering(self, channel: str, text: str, at: datetime, people: Sequence[Customer]) -> str:
        """What to say back to a reply that answers a survey's question."""
        return self.surveying.take(channel, text, at, people)

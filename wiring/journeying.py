"""Who is let into campaigns, and how they are moved on through their steps."""

from abc import abstractmethod
from functools import cached_property

from campaigns.brake import Brake
from campaigns.campaign import Campaign
from campaigns.entering import Entrance
from campaigns.moving import Mover
from campaigns.stepping import StepWriter
from campaigns.watching import Watcher
from storage.journeys import MongoJourneys, MongoTurns
from storage.looks import MongoLooks
from storage.occasions import MongoNews, MongoSearch
from storage.refusals import MongoRefusals
from storage.rhythms import Rhythms
from storage.signs import MongoSigns
from wiring.caring import Caring


class Journeying(Caring):
    """People on their way."""

    @cached_property
    def journeys(self) -> MongoJourneys:
        """Where everybody is."""
        return MongoJourneys(self.database)

    @cached_property
    def refusals(self) -> MongoRefusals:
        """Who was not let in, and why."""
        return MongoRefusals(self.database, self.clock)

    @cached_property
    def brake(self) -> Brake:
        """Stops campaigns that trigger themselves."""
        return Brake(runs=self.runs, refusals=self.refusals, campaigns=self.campaigns, clock=self.clock)

    @cached_property
    def entrance(self) -> Entrance:
        """Lets people in."""
        return Entrance(
            journeys=self.journeys,
            turns=MongoTurns(self.database),
            refusals=self.refusals,
            letters=MongoSigns(self.database),
            campaigns=self.campaigns,
            segments=self.segments,
            audience=self.audience,
            clock=self.clock,
        )

    @abstractmethod
    def versions_of(self, campaign: Campaign) -> dict[str, int]:
        """The versions in which a campaign's words go out: whoever launches campaigns says so."""

    @cached_property
    def step_writer(self) -> StepWriter:
        """Plans the messages of steps."""
        return StepWriter(
            runs=self.runs,
            customers=self.customers,
            batching=self.batching,
            templates=self.templates,
            shops=self.shops,
            versions=self.versions_of,
            clock=self.clock,
        )

    @cached_property
    def mover(self) -> Mover:
        """Moves people on."""
        signs = MongoSigns(self.database)
        return Mover(
            campaigns=self.campaigns,
            runs=self.runs,
            journeys=self.journeys,
            inside=self.journeys,
            signs=signs,
            letters=signs,
            segments=self.segments,
            audience=self.audience,
            writer=self.step_writer,
            clock=self.clock,
        )

    @cached_property
    def watcher(self) -> Watcher:
        """Looks for those whom triggers are about."""
        rhythms = Rhythms(self.database, self.clock)
        return Watcher(
            campaigns=self.campaigns,
            looks=MongoLooks(self.database),
            search=MongoSearch(self.database, self.audience.stream, rhythms),
            news=MongoNews(self.database),
            entrance=self.entrance,
            shops=self.shops,
            turns=self.leases,
            doorbell=self.doorbell,
            clock=self.clock,
        )

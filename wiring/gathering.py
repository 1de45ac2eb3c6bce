"""People, orders and stock, as they come in."""

from functools import cached_property

from common.ids import keyed
from customers.duplicates import Duplicates
from customers.engagement import Engagement
from customers.export import Exporter
from customers.importing import Importer
from customers.learning import Learning
from customers.returns import Returns
from customers.taking import Kept
from customers.timeline import Source, events_as, orders_as
from storage.bad_rows import MongoBadRows
from storage.duplicates import MongoDuplicates
from storage.engagement import MongoSites
from storage.identity import MongoTraces, MongoWorks
from storage.imports import MongoUploads
from storage.known import MongoKnown
from storage.learning import MongoLessons
from storage.outages import as_unavailable
from storage.returns import MongoReturnRows
from storage.stores import Stores
from storage.timeline import kept


class Gathering(Stores):
    """What is known of people, and how it comes in."""

    @cached_property
    def works(self) -> MongoWorks:
        """Merges and erasures under way."""
        return MongoWorks(self.database, *(key.encode() for key in self.settings.keys))

    @cached_property
    def traces(self) -> MongoTraces:
        """All that is kept of people."""
        return MongoTraces(self.database, self.suppressions)

    @cached_property
    def exporter(self) -> Exporter:
        """Tells people what is held of them."""
        return Exporter(self.customers, self.traces, self.suppressions)

    @cached_property
    def found_duplicates(self) -> MongoDuplicates:
        """Customers who may be one."""
        return MongoDuplicates(self.database, self.settings.keys[0].encode())

    @cached_property
    def duplicates(self) -> Duplicates:
        """Looks for customers who may be one."""
        return Duplicates(self.found_duplicates, self.events.add, self.clock)

    @cached_property
    def returns(self) -> Returns:
        """Puts what came back to the orders it was from."""
        return Returns(MongoReturnRows(self.database, self.aliases, self.clock), self.orders)

    @cached_property
    def importer(self) -> Importer:
        """Takes in files."""
        newest = self.settings.keys[0].encode()
        kept = Kept(
            customers=self.customers,
            orders=self.orders,
            returns=self.returns,
            products=self.products,
            known=MongoKnown(self.database, self.aliases),
            shop=self.shops.get,
            id_of=lambda address: f"e-{keyed(newest, 'customer', address)}",
        )
        return Importer(
            uploads=MongoUploads(self.database),
            bad_rows=MongoBadRows(self.database),
            jobs=self.jobs,
            kept=kept,
            doorbell=self.doorbell,
            clock=self.clock,
            is_outage=lambda error: as_unavailable(error) is not None,
        )

    @cached_property
    def engagement(self) -> Engagement:
        """Counts what customers do on the site."""
        return Engagement(self.events, MongoSites(self.database))

    @cached_property
    def learning(self) -> Learning:
        """Learns which channel customers like."""
        return Learning(MongoLessons(self.database), self.clock)

    @cached_property
    def happenings(self) -> list[Source]:
        """What a customer's timeline is put together from."""
        return [orders_as(self.orders), events_as(self.events), *kept(self.database)]

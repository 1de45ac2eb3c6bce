"""What customers say, and who they are on a chat."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from customers.customer import Customer
from messaging.conversation import Conversation
from messaging.finding import Finder
from messaging.linking import Linking
from messaging.presence import Comings
from messaging.soft_bounces import SoftBounces
from storage.chat_links import MongoChatLinks
from storage.notices import MongoNotices
from storage.presence import MongoPresence
from storage.recent import MongoRecent
from storage.soft_bounces import MongoSoftBounces
from wiring.addressing import Addressing


class Listening(Addressing):
    """What comes back."""

    @cached_property
    def heard(self) -> MongoPresence:
        """When addresses were last heard from."""
        return MongoPresence(self.database)

    @cached_property
    def comings(self) -> Comings:
        """Who came and went on chats."""
        return Comings(self.heard, self.suppressions)

    @cached_property
    def soft_bounces(self) -> SoftBounces:
        """Counts what was put off."""
        return SoftBounces(MongoSoftBounces(self.database), self.suppressions, self.settings)

    @cached_property
    def linking(self) -> Linking:
        """Links chats to customers."""
        links = MongoChatLinks(self.database)
        return Linking(links, self.customers, self.customers, self.suppressions, self.settings.keys, self.clock)

    @cached_property
    def notices(self) -> MongoNotices:
        """What providers say of the shop's accounts."""
        return MongoNotices(self.database)

    @cached_property
    def finder(self) -> Finder:
        """Finds the messages that receipts are about."""
        return Finder(self.customers, MongoRecent(self.database))

    @cached_property
    def conversation(self) -> Conversation:
        """Listens to customers."""
        return Conversation(
            threads=self.threads,
            suppressions=self.suppressions,
            customers=self.customers,
            records=self.customers,
            linking=self.linking,
            comings=self.comings,
            shop=self.shops.get,
            answering=self.answering,
        )

    @abstractmethod
    def answering(self, channel: str, text: str, at: datetime, people: Sequence[Customer]) -> str:
        """What to say back to a reply that answers a question: whoever asks says so (wiring/caring.py)."""

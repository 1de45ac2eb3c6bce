"""Words, channels and the life of a message."""

from functools import cached_property

from campaigns.builder import Builder
from campaigns.ladder_climbing import Climbing
from campaigns.ladder_settling import Settling
from campaigns.launch import limits_of, may_send
from campaigns.shortening import Shortener
from campaigns.trying import Tester
from campaigns.values import Values
from common.links import Links
from content.companions import Counting
from content.picture import Painter
from content.recommend import Recommender
from customers.addresses import SMS
from messaging.audit import Audit
from messaging.channel import Providers
from messaging.deliver import Delivery
from messaging.desk import Desk
from messaging.failover import Failover
from messaging.people import People
from messaging.receipts import Receipts
from messaging.reconcile import Reconciler
from messaging.sightings import Sightings
from messaging.sweep import Sweeper
from messaging.web_check import WebCheck
from messaging.webhooks import Webhooks
from storage.books import MongoBooks, MongoPurse
from storage.breakers import MongoBreakers
from storage.claims import MongoClaims
from storage.companions import MongoCompanions
from storage.desk import MongoBook
from storage.doubts import MongoDoubts
from storage.failover import MongoSuccesses, MongoTimers
from storage.favourites import MongoFavourites
from storage.ladders import MongoClimbs, MongoLessons, MongoPurses
from storage.leftovers import MongoLeftovers, MongoUndelivered
from storage.outages import as_unavailable
from storage.rates import RedisRates
from storage.short_links import MongoShortLinks
from storage.spending import MongoSpending
from wiring.listening import Listening


class Sending(Listening):
    """How it is put and how it arrives."""

    @cached_property
    def links(self) -> Links:
        """Makes and reads signed links."""
        return Links(self.settings.keys, self.settings.public_url)

    @cached_property
    def counting(self) -> Counting:
        """Counts which products the same people buy."""
        tally = MongoCompanions(self.database)
        return Counting(tally, self.products, self.models, self.leases, self.doorbell, self.clock)

    @cached_property
    def recommender(self) -> Recommender:
        """Picks products worth showing."""
        return Recommender(MongoCompanions(self.database), self.products)

    @cached_property
    def climbs(self) -> MongoClimbs:
        """What was decided for whom in ladders."""
        return MongoClimbs(self.database)

    @cached_property
    def purses(self) -> MongoPurses:
        """What ladders promise."""
        return MongoPurses(self.database)

    @cached_property
    def lessons(self) -> MongoLessons:
        """What ladders have learned."""
        return MongoLessons(self.database)

    @cached_property
    def climbing(self) -> Climbing:
        """Decides who gets which rung of a ladder."""
        return Climbing(
            self.climbs, self.purses, self.lessons, self.offers, self.templates, self.price_of_a_letter, self.clock
        )

    def price_of_a_letter(self, channel: str, currency: str) -> float:
        """What one costs now, in minor units; 0 where no price is set in the currency."""
        return self.desk.expected(channel).get(currency, 0) / 1_000

    def price_of_an_sms_part(self) -> tuple[float, str]:
        """What a part of a text message costs now, in minor units, and in which currency; 0 where no price is set.

        By the providers' prices, as a dry run reckons; by the setting where they have none.
        """
        own = self.shops.get().currency
        prices = self.desk.expected(SMS)
        currency = own if own in prices else min(prices, default=own)
        return (prices[currency] / 1_000, currency) if prices else (self.settings.sms_part_price, own)

    @cached_property
    def settling(self) -> Settling:
        """Looks up what came of ladders' decisions."""
        return Settling(self.climbs, self.climbs, self.climbing, self.campaigns, self.price_of_a_letter, self.clock)

    def settle_ladders(self) -> int:
        """Settle what is due of ladders; how many people's."""
        return self.settling.settle(self.shops.get().currency)

    @cached_property
    def values(self) -> Values:
        """What a template can say of each person."""
        return Values(
            customers=self.customers,
            orders=self.orders,
            products=self.products,
            offers=self.offers,
            vouchers=self.vouchers,
            programmes=self.programmes,
            referrals=self.referrals,
            recommender=self.recommender,
            favourites=MongoFavourites(self.database),
            shops=self.shops,
            links=self.links,
            clock=self.clock,
        )

    @cached_property
    def builder(self) -> Builder:
        """Writes messages."""
        return Builder(self.values, self.templates, self.shops, self.links, self.shortener)

    @cached_property
    def shortener(self) -> Shortener:
        """Makes links short in text messages."""
        return Shortener(self.short_links, self.links, self.settings.keys[-1])

    @cached_property
    def short_links(self) -> MongoShortLinks:
        """Where short links lead."""
        return MongoShortLinks(self.database)

    @cached_property
    def sightings(self) -> Sightings:
        """Who followed links and opened letters."""
        return Sightings(self.facts, self.messages, self.clock)

    @cached_property
    def tester(self) -> Tester:
        """Sends tests."""
        return Tester(
            customers=self.customers,
            templates=self.templates,
            builder=self.builder,
            suppressions=self.suppressions,
            shops=self.shops,
            desk=self.desk,
            clock=self.clock,
        )

    @cached_property
    def painter(self) -> Painter:
        """Draws messages."""
        return Painter(self.settings.browser)

    @cached_property
    def web_check(self) -> WebCheck:
        """Looks at addresses in messages."""
        return WebCheck()

    @cached_property
    def people(self) -> People:
        """What the gate must know of receivers."""
        return People(self.customers, self.suppressions, self.messages, self.clock)

    @cached_property
    def delivery(self) -> Delivery:
        """Sends what was planned."""
        return Delivery(
            claims=MongoClaims(self.database, self.settings.uncertain_final_after),
            batches=self.batches,
            contents=self.contents,
            people=self.people,
            desk=self.desk,
            paces=self.rates,
            spending=MongoSpending(self.database),
            limit=limits_of(self.campaigns),
            render=self.builder.render,
            may_send=may_send(self.campaigns),
            shop=self.shops.get,
            doorbell=self.doorbell,
            clock=self.clock,
            settings=self.settings,
        )

    @cached_property
    def desk(self) -> Desk:
        """Picks providers, and leaves alone those in trouble."""
        return Desk(
            carriers=self.providers,
            breakers=self.breakers,
            book=self.provider_book,
            rates=self.rates,
            clock=self.clock,
            settings=self.settings,
        )

    @cached_property
    def rates(self) -> RedisRates:
        """How fast providers and campaigns may go."""
        return RedisRates(self.redis, self.settings)

    @cached_property
    def breakers(self) -> MongoBreakers:
        """Providers that are left alone."""
        return MongoBreakers(self.database)

    @cached_property
    def provider_book(self) -> MongoBook:
        """On which terms providers are used, and what came of their requests."""
        return MongoBook(self.database)

    @cached_property
    def audit(self) -> Audit:
        """Finds what is not as it must be."""
        books = MongoBooks(self.database, self.suppressions)
        return Audit(books, MongoPurse(self.database), self.messages, self.clock)

    @cached_property
    def sweeper(self) -> Sweeper:
        """Looks after messages and batches that nobody works on."""
        return Sweeper(
            leftovers=MongoLeftovers(self.database),
            undelivered=MongoUndelivered(self.database),
            batches=self.batches,
            rung=self.batches,
            doorbell=self.doorbell,
            clock=self.clock,
            settings=self.settings,
        )

    @cached_property
    def failover(self) -> Failover:
        """Moves on what one channel did not bring about in its time."""
        return Failover(
            timers=MongoTimers(self.database),
            successes=MongoSuccesses(self.database),
            batches=self.batches,
            provider=self.providers.by_name,
            doorbell=self.doorbell,
            clock=self.clock,
        )

    @cached_property
    def reconciler(self) -> Reconciler:
        """Settles what is uncertain where the provider can tell."""
        return Reconciler(
            doubts=MongoDoubts(self.database),
            claims=MongoClaims(self.database, self.settings.uncertain_final_after),
            batches=self.batches,
            contents=self.contents,
            evidence=self.messages,
            people=self.people,
            providers=self.providers,
            may_send=may_send(self.campaigns),
            shop=self.shops.get,
            desk=self.desk,
            clock=self.clock,
            settings=self.settings,
        )

    @cached_property
    def providers(self) -> Providers:
        """Those who carry messages."""
        return Providers(self.settings, self.outbox, self.clock, self.heard)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Takes in what providers report."""
        return Webhooks(self.inbox, self.providers, self.conversation, self.doorbell)

    @cached_property
    def receipts(self) -> Receipts:
        """Works off what providers reported."""
        return Receipts(
            inbox=self.inbox,
            providers=self.providers,
            messages=self.messages,
            facts=self.facts,
            suppressions=self.suppressions,
            customers=self.customers,
            conversation=self.conversation,
            comings=self.comings,
            soft_bounces=self.soft_bounces,
            finder=self.finder,
            notices=self.notices,
            clock=self.clock,
            settings=self.settings,
            is_outage=lambda error: as_unavailable(error) is not None,
        )

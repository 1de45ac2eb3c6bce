"""Planning reads of a customer what it needs, and no more."""

from datetime import UTC, datetime

from campaigns.campaign import Campaign
from campaigns.experiments.variants import Variant
from campaigns.plan import NEEDED, message_for
from campaigns.run import Run
from content.templates import Template
from customers.consent import Consent
from customers.customer import Customer
from customers.shop import Shop

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LANGUAGES = {language: {"text": "Hi"} for language in ("en", "de")}
WORDS = {"t": Template(id="t", name="T", content={"email": LANGUAGES, "sms": LANGUAGES}, version=2)}
ARMS = [Variant(id="a", share=50), Variant(id="b", share=50, channels=["sms"])]
YES = {"marketing": Consent(state="granted", at=NOW, how="file", source="import")}
PEOPLE = [
    Customer(id="ana", first_name="Ana", locale="de-AT", addresses={"email": ["a@x.test"], "sms": ["+1"]},
             preferred=["sms"], consents={"email": YES, "sms": YES}),
    Customer(id="ben", country="PT", addresses={"email": ["b@x.test"]}, attributes={"vip": True}),
    Customer(id="cy", locale="fr", addresses={"email": ["c@x.test"]}, consents={"email": YES}),
    Customer(id="di", tags=["none of all"]),
]  # fmt: skip


class Asked:
    """A customer who notes what is asked of them."""

    def __init__(self, customer: Customer) -> None:
        self.customer = customer
        self.fields: set[str] = set()

    def __getattr__(self, name: str) -> object:
        self.fields.add(name)
        return getattr(self.customer, name)


def test_a_message_follows_from_the_few_fields_that_the_planner_reads() -> None:
    asked = [Asked(one) for one in PEOPLE]
    planned = set()
    for holdout in (0.0, 50.0):
        for variants in ([], ARMS):
            campaign = Campaign(id="c", name="C", template="t", variants=variants, holdout_percent=holdout)
            run = Run(id="r", campaign=campaign, occurrence="launch", started_at=NOW)
            for one in asked:
                message = message_for(run, WORDS, Shop(name="S", holdout_percent=holdout), one, NOW)  # type: ignore[arg-type]  # stands in for a customer
                planned.add((message.state, message.channel, message.locale, message.reason))
    assert set().union(*(one.fields for one in asked)) == {"id", *NEEDED}
    assert len(planned) > len(PEOPLE), "these people are too much alike to prove anything"

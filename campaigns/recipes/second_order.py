"""The second order: what others like them bought next, and, for who still hesitates, a reason to come back."""

from typing import Annotated, ClassVar

import msgspec

from campaigns.recipe import Kitchen, Plan, Recipe
from campaigns.recipe_offers import Gives, offers_of
from campaigns.recipe_words import CODE, NAME, Letter, by_email, shown, until
from campaigns.steps import JourneyRules, JourneyStep

_SHOW = {
    "en": Letter(
        subject=f"What goes with it{NAME}",
        preheader="Chosen by people who bought what you bought.",
        body=["We hope your order is doing well.", shown("People who chose the same came back for:")],
        button="Have a look",
    ),
    "de": Letter(
        subject=f"Was gut dazu passt{NAME}",
        preheader="Gewählt von Menschen, die dasselbe gekauft haben.",
        body=["Hoffentlich macht deine Bestellung Freude.", shown("Wer dasselbe gewählt hat, kam zurück für:")],
        button="Mal ansehen",
    ),
}
_OFFER = {
    "en": Letter(
        subject=f"{{{{ offer.summary }}}} on your second order{NAME}",
        preheader="A code that is only yours.",
        body=["The second time is the best: <strong>{{ offer.summary }}</strong>, with your own code:", CODE,
              until("Until")],
        button="Use it now",
    ),
    "de": Letter(
        subject=f"{{{{ offer.summary }}}} auf deine zweite Bestellung{NAME}",
        preheader="Ein Code, der nur dir gehört.",
        body=["Das zweite Mal ist das schönste: <strong>{{ offer.summary }}</strong>, mit deinem Code:", CODE,
              until("Bis zum")],
        button="Jetzt einlösen",
    ),
}  # fmt: skip
Days = Annotated[int, msgspec.Meta(ge=1, le=365)]


class Settings(Gives, frozen=True, forbid_unknown_fields=True):
    """So many days after the first order, and so many after that with an offer."""

    after_days: Days = 21
    offer_after_days: Days = 14


class SecondOrder(Recipe[Settings]):
    """Two letters after the first order; the second order ends it."""

    name: ClassVar[str] = "second_order"
    title: ClassVar[str] = "Second order"
    summary: ClassVar[str] = "After the first order: what goes with it, then an offer; the second order ends it."
    Settings: ClassVar[type[msgspec.Struct]] = Settings

    def make(self, kitchen: Kitchen) -> Plan:
        """What to show first, the offer only for who has not come back."""
        show, words = kitchen.template("show", by_email(_SHOW)), kitchen.template("offer", by_email(_OFFER))
        offer, made = offers_of(self.settings, kitchen)
        day = 24 * 60
        later = JourneyStep(wait_minutes=self.settings.offer_after_days * day, template=words.id, offer=offer)
        campaign = kitchen.campaign(
            show,
            {"kind": "first_order"},
            steps=[JourneyStep(wait_minutes=self.settings.after_days * day), later],
            journey=JourneyRules(exits=["ordered"], reentry="never"),
        )
        return Plan(campaigns=[campaign], templates=[show, words], offers=made)

"""The end of marketing to who was asked whether to go on, and said nothing: silence is a no, kept as one."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Protocol

from campaigns.campaign import Campaign, Campaigns, CampaignState
from campaigns.journey import Journey, State, Why
from common.clock import Clock
from customers.consent import Consent
from customers.customer import Customers

HOW = "sunset"
WORDING = "They were asked whether we should go on, and did not answer."
AT_ONCE = 500


class Gone(Protocol):
    """Journeys by campaign."""

    def of_campaign(
        self, campaign: str, after: str, limit: int, state: State | None = None, why: Why | None = None
    ) -> Iterable[Journey]:
        """Those of a campaign after an id, in the order of ids."""
        ...


class Saying(Protocol):
    """Where words of consent are kept."""

    def set_consent(self, customer: str, channel: str, purpose: str, consent: Consent) -> bool:
        """Append a word of consent and make it the current one; False when there is no such customer."""
        ...


class Notes(Protocol):
    """Where it is noted how far one came."""

    def read(self, id: str) -> dict[str, Any]:
        """What is kept under a name, empty where nothing is."""
        ...

    def write(self, id: str, **fields: Any) -> None:
        """Set some fields; the others stay."""
        ...


class Sunsetting:
    """Goes through the journeys of campaigns that end marketing, round and round, some at a time."""

    def __init__(
        self, campaigns: Campaigns, journeys: Gone, customers: Customers, words: Saying, notes: Notes, clock: Clock
    ) -> None:
        self._campaigns = campaigns
        self._journeys = journeys
        self._customers = customers
        self._words = words
        self._notes = notes
        self._clock = clock

    def look(self) -> int:
        """End marketing to those who came to the end of the steps; how many words of consent were withdrawn."""
        running = [one for one in self._campaigns.listening(CampaignState.RUNNING) if one.ends_marketing]
        return sum(self._look(campaign) for campaign in running)

    def _look(self, campaign: Campaign) -> int:
        note = f"sunset:{campaign.id}"
        after = self._notes.read(note).get("after", "")
        found = list(self._journeys.of_campaign(campaign.id, after, AT_ONCE, why="finished"))
        # The last letter says so, and must be out before nothing goes out any more.
        sent = self._clock.now() - timedelta(hours=campaign.limits.expires_after_hours)
        over = [one for one in found if one.ended_at and one.ended_at <= sent]
        done = self._end(over)
        self._notes.write(note, after=found[-1].id if len(found) == AT_ONCE else "")
        return done

    def _end(self, journeys: Sequence[Journey]) -> int:
        customers = self._customers.get([one.customer for one in journeys])
        done = 0
        for journey in journeys:
            person = customers.get(journey.customer)
            for channel, words in (person.consents if person else {}).items():
                word = words.get("marketing")
                # A yes that was said since is heard.
                if word and word.state == "granted" and journey.ended_at and word.at < journey.ended_at:
                    no = Consent(state="denied", at=journey.ended_at, how=HOW, wording=WORDING, source=HOW)
                    done += self._words.set_consent(journey.customer, channel, "marketing", no)
        return done

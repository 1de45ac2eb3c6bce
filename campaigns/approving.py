"""Taking agreements to campaigns, and saying whether one is wanting."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from campaigns.approval import Approval, Words
from campaigns.campaign import Campaign
from common.clock import Clock
from common.errors import Conflict, Stale
from content.templates import Templates
from customers.shop import Shop, Shops


class Approved(Protocol):
    """Campaigns as they are agreed to."""

    def get(self, id: str) -> Campaign:
        """One campaign; raises NotFound."""
        ...

    def approve(self, campaign: Campaign, approval: Approval) -> Campaign:
        """Keep an agreement to a draft; raises Stale where it was changed since it was read, Conflict for no draft."""
        ...


class Approving:
    """Takes agreements, and says whether one is wanting."""

    def __init__(self, campaigns: Approved, templates: Templates, shops: Shops, clock: Clock) -> None:
        self._campaigns = campaigns
        self._templates = templates
        self._shops = shops
        self._clock = clock

    def approve(self, id: str, by: str, expected_version: int | None = None) -> Campaign:
        """Agree to a draft as it stands. Raises Conflict (`same_key`) for the key that changed it last, Stale where it
        is not the version that was read."""
        campaign = self._campaigns.get(id)
        if expected_version is not None and expected_version != campaign.version:
            raise Stale("It was changed since you read it; read it again before you agree to it.")
        if by == campaign.approval.changed_by:
            raise Conflict("Whoever changed a campaign last cannot approve it: another key has to.", "same_key")
        given = msgspec.structs.replace(
            campaign.approval, by=by, at=self._clock.now(), words=self._words(campaign.templates)
        )
        return self._campaigns.approve(campaign, given)

    def wanted(self, campaign: Campaign) -> bool:
        """Whether the shop or the campaign asks for a second key."""
        return asks(campaign, self._shops.get())

    def refusal(self, campaign: Campaign) -> Conflict | None:
        """Why it may not be launched: `approval_missing`, or `approval_void` where its words have changed since."""
        if not self.wanted(campaign):
            return None
        if not campaign.approval.by:
            return Conflict("A second key has to approve this first: POST …/approve.", "approval_missing")
        if campaign.approval.words != self._words(campaign.templates):
            return Conflict("Its words were changed after it was approved; approve it again.", "approval_void")
        return None

    def _words(self, templates: Sequence[str]) -> list[Words]:
        return [Words(template=one, version=self._templates.get(one).version) for one in templates]


def asks(campaign: Campaign, shop: Shop) -> bool:
    """Whether the shop or the campaign asks for a second key."""
    return shop.approval_required or campaign.approval.required

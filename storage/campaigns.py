"""The campaigns in MongoDB."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from pymongo.errors import DuplicateKeyError

from campaigns.campaign import Campaign, CampaignState
from common.clock import Clock
from common.errors import Conflict, NotFound, Stale
from storage.indexes import Index
from storage.mongo import Mongo, from_document, from_documents, plain, to_document

INDEXES = [Index(collection="campaigns", keys=[("state", 1), ("next_at", 1)])]


class MongoCampaigns:
    """Keeps campaigns; `state` is always written, so that it can be compared with."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._campaigns = database["campaigns"]
        self._clock = clock

    def get(self, id: str) -> Campaign:
        """One campaign; raises NotFound."""
        document = self._campaigns.find_one({"_id": id})
        if document is None:
            raise NotFound("campaign", id)
        return from_document(document, Campaign)

    def save(self, campaign: Campaign, expected_version: int | None = None) -> Campaign:
        """Keep a new campaign or a draft's changes; raises Conflict for any other, Stale on a version."""
        now = self._clock.now()
        changed = msgspec.structs.replace(campaign, version=campaign.version + 1, updated_at=now)
        if not campaign.version:
            return self._insert(msgspec.structs.replace(changed, created_at=now))
        document = {**to_document(changed), "state": changed.state.value}
        held = {"_id": campaign.id, "state": CampaignState.DRAFT.value, "version": expected_version or campaign.version}
        if not self._campaigns.replace_one(held, document).matched_count:
            raise self._refusal(campaign.id)
        return changed

    def move(self, id: str, origins: Sequence[CampaignState], target: CampaignState, **changes: Any) -> bool:
        """Compare-and-set the state; False where it was in none of the `origins`."""
        fields = {name: plain(value) for name, value in changes.items()}
        result = self._campaigns.update_one(
            {"_id": id, "state": {"$in": [origin.value for origin in origins]}},
            {"$set": {"state": target.value, "updated_at": self._clock.now(), **fields}, "$inc": {"version": 1}},
        )
        return result.matched_count == 1

    def page(self, after: str, limit: int) -> list[Campaign]:
        """A page, in the order of ids, which is the order of making."""
        return from_documents(self._campaigns.find({"_id": {"$gt": after}}).sort("_id", 1).limit(limit), Campaign)

    def listening(self, state: CampaignState, due: datetime | None = None) -> list[Campaign]:
        """Those in a state; with `due`, only those whose schedule is due by then."""
        query: dict[str, Any] = {"state": state.value}
        if due is not None:
            query["next_at"] = {"$lte": due}
        return from_documents(self._campaigns.find(query), Campaign)

    def delete(self, id: str) -> None:
        """Remove a draft; raises NotFound, or Conflict for what was ever launched."""
        if not self._campaigns.delete_one({"_id": id, "state": CampaignState.DRAFT.value}).deleted_count:
            raise Conflict(f"Campaign {id!r} is {self.get(id).state.value}; only a draft can be deleted.", "not_draft")

    def _insert(self, campaign: Campaign) -> Campaign:
        try:
            self._campaigns.insert_one({**to_document(campaign), "state": campaign.state.value})
        except DuplicateKeyError:
            raise Conflict(f"There is a campaign {campaign.id!r} already.", "exists") from None
        return campaign

    def _refusal(self, id: str) -> Exception:
        current = self.get(id)
        if current.state is not CampaignState.DRAFT:
            return Conflict(f"Campaign {id!r} is {current.state.value}; only a draft can be changed.", "not_draft")
        return Stale("Somebody changed this campaign in the meantime; read it again.")

"""The campaigns in MongoDB."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from pymongo.errors import DuplicateKeyError

from campaigns.approval import Approval, CampaignChange, What
from campaigns.campaign import Campaign, CampaignState, Loop
from common.clock import Clock
from common.errors import Conflict, NotFound, Stale
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, plain, to_document, to_documents

# The list of changes is read where it is asked for alone.
_WITHOUT = {"changes": 0}
KEPT_CHANGES = 500
_NOT_SET_BY_PEOPLE = frozenset({"_id", "version", "created_at", "updated_at", "approval"})

INDEXES = [Index(collection="campaigns", keys=[("state", 1), ("next_at", 1)])]


class MongoCampaigns:
    """Keeps campaigns; `state` is always written, so that it can be compared with."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._campaigns = database["campaigns"]
        self._clock = clock

    def get(self, id: str) -> Campaign:
        """One campaign; raises NotFound."""
        document = self._campaigns.find_one({"_id": id}, _WITHOUT)
        if document is None:
            raise NotFound("campaign", id)
        return from_document(document, Campaign)

    def save(self, campaign: Campaign, expected_version: int | None = None, by: str = "") -> Campaign:
        """Keep a new campaign or a draft's changes, made by this key, which voids an approval.

        Raises Conflict for any other, Stale on a version.
        """
        version = expected_version or campaign.version
        changed = msgspec.structs.replace(
            campaign,
            version=campaign.version + 1,
            updated_at=self._clock.now(),
            approval=campaign.approval.voided(by),
        )
        if not campaign.version:
            return self._insert(msgspec.structs.replace(changed, created_at=changed.updated_at), by)
        return self._replace(changed, version, "changed", by)

    def approve(self, campaign: Campaign, approval: Approval) -> Campaign:
        """Keep an agreement to a draft; raises Stale where it was changed since it was read, Conflict for no draft."""
        agreed = msgspec.structs.replace(
            campaign, approval=approval, version=campaign.version + 1, updated_at=self._clock.now()
        )
        return self._replace(agreed, campaign.version, "approved", approval.by)

    def changes(self, id: str, after: int, limit: int) -> list[CampaignChange]:
        """Who did what to a campaign after this version of it, the first first; raises NotFound."""
        document = self._campaigns.find_one({"_id": id}, {"changes": 1})
        if document is None:
            raise NotFound("campaign", id)
        told = from_documents(document.get("changes", []), CampaignChange)
        return [one for one in told if one.version > after][:limit]

    def move(
        self,
        id: str,
        origins: Sequence[CampaignState],
        target: CampaignState,
        *,
        note: CampaignChange | None = None,
        version: int | None = None,
        **changes: Any,
    ) -> bool:
        """Compare-and-set the state; False where it was in none of the `origins`, or is not of the `version` any more.

        `note` goes into the list of who did what.
        """
        fields = {name: plain(value) for name, value in changes.items()}
        held: Document = {"_id": id, "state": {"$in": [origin.value for origin in origins]}}
        if version is not None:
            held["version"] = version
        moved: Document = {"state": target.value, "updated_at": self._clock.now(), **fields}
        update: Document = {"$set": moved, "$inc": {"version": 1}}
        if note is not None:
            update["$push"] = {"changes": to_document(note)}
        return self._campaigns.update_one(held, update).matched_count == 1

    def note_loop(self, id: str, loop: Loop) -> None:
        """Show on a campaign that it triggered itself."""
        self._campaigns.update_one({"_id": id}, {"$set": {"loop": to_document(loop)}, "$inc": {"version": 1}})

    def page(self, after: str, limit: int) -> list[Campaign]:
        """A page, in the order of ids, which is the order of making."""
        found = self._campaigns.find({"_id": {"$gt": after}}, _WITHOUT).sort("_id", 1).limit(limit)
        return from_documents(found, Campaign)

    def listening(self, state: CampaignState, due: datetime | None = None) -> list[Campaign]:
        """Those in a state; with `due`, only those whose schedule is due by then."""
        query: dict[str, Any] = {"state": state.value}
        if due is not None:
            query["next_at"] = {"$lte": due}
        return from_documents(self._campaigns.find(query, _WITHOUT), Campaign)

    def delete(self, id: str) -> None:
        """Remove a draft; raises NotFound, or Conflict for what was ever launched."""
        if not self._campaigns.delete_one({"_id": id, "state": CampaignState.DRAFT.value}).deleted_count:
            raise Conflict(f"Campaign {id!r} is {self.get(id).state.value}; only a draft can be deleted.", "not_draft")

    def _insert(self, campaign: Campaign, by: str) -> Campaign:
        made = CampaignChange(version=1, at=self._clock.now(), what="made", by=by)
        try:
            self._campaigns.insert_one(
                {**to_document(campaign), "state": campaign.state.value, "changes": to_documents([made])}
            )
        except DuplicateKeyError:
            raise Conflict(f"There is a campaign {campaign.id!r} already.", "exists") from None
        return campaign

    def _replace(self, campaign: Campaign, version: int, what: What, by: str) -> Campaign:
        """Keep a draft in place of its `version`, with the list of its changes grown by this one."""
        held = {"_id": campaign.id, "state": CampaignState.DRAFT.value, "version": version}
        kept = self._campaigns.find_one(held)
        if kept is None:
            raise self._refusal(campaign.id)
        fields = _differing(from_document(kept, Campaign), campaign) if what == "changed" else {}
        note = CampaignChange(version=campaign.version, at=self._clock.now(), what=what, by=by, fields=fields)
        document = {
            **to_document(campaign),
            "state": campaign.state.value,
            "changes": [*kept.get("changes", []), to_document(note)][-KEPT_CHANGES:],
        }
        # Whoever adds to the list raises the version too, so that nobody's word is lost.
        if not self._campaigns.replace_one(held, document).matched_count:
            raise self._refusal(campaign.id)
        return campaign

    def _refusal(self, id: str) -> Exception:
        current = self.get(id)
        if current.state is not CampaignState.DRAFT:
            return Conflict(f"Campaign {id!r} is {current.state.value}; only a draft can be changed.", "not_draft")
        return Stale("Somebody changed this campaign in the meantime; read it again.")


def _differing(was: Campaign, now: Campaign) -> dict[str, list[Any]]:
    """The value before and after of each field that a person may set and that differs."""
    before, after = to_document(was), to_document(now)
    names = sorted((before.keys() | after.keys()) - _NOT_SET_BY_PEOPLE)
    return {name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)}

"""The door for providers: a webhook is verified, stored, and only then acknowledged; it is worked on later."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from common.doorbell import Doorbell
from common.errors import EncoreError, Forged, Invalid, NotFound
from messaging.channel import Hook, Provider, Providers
from messaging.conversation import Conversation

log = logging.getLogger(__name__)


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A verified webhook that waits to be worked on."""

    id: str
    provider: str
    hook: Hook


class Spoilt(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook that could not be read or applied and was set aside: whose, when it came in, and why."""

    id: str
    provider: str
    at: datetime
    reason: str


class Inbox(Protocol):
    """The webhooks that wait."""

    def store(self, provider: str, hook: Hook) -> None:
        """Keep a webhook; the same one sent again while it waits is the same."""
        ...

    def claim(self, limit: int, seconds: float) -> list[Waiting]:
        """Those longest due, ours for so many seconds."""
        ...

    def done(self, ids: Sequence[str]) -> None:
        """Forget what was worked off."""
        ...

    def spoil(self, id: str, reason: str) -> None:
        """Set aside one that cannot be read, for a person to look at."""
        ...


class Webhooks:
    """Takes webhooks in."""

    def __init__(self, inbox: Inbox, providers: Providers, conversation: Conversation, doorbell: Doorbell) -> None:
        self._inbox = inbox
        self._providers = providers
        self._conversation = conversation
        self._doorbell = doorbell

    def receive(self, channel: str, hook: Hook) -> tuple[str, str]:
        """Take a webhook in; returns the content type and the body to answer with.

        A STOP is obeyed before it is acknowledged, so that no hand-over begun after that goes against it.
        Raises NotFound for a channel without credentials, Forged, with nothing stored, for a wrong signature.
        """
        provider = self._signer(channel, hook)
        self._inbox.store(provider.name, hook)
        try:
            replies = provider.replies(hook)
        except Exception:  # it is theirs and it is stored; whoever works it off sets it aside, and says so
            log.debug("webhook.unreadable", extra={"provider": provider.name}, exc_info=True)
            replies = []
        answer = ""
        for reply in replies:
            self._conversation.obey(channel, reply)
            answer = self._conversation.answer_to(channel, reply) or answer
        self._doorbell.ring("take_webhooks")
        try:
            return provider.answer(answer, hook)
        except Exception:  # it is stored and obeyed; that it is not answered loses no word of theirs
            log.exception("webhook.unanswered", extra={"provider": provider.name})
            return "", ""

    def challenge(self, channel: str, query: Mapping[str, str]) -> str:
        """What to answer a provider that asks whether a webhook is ours.

        Raises NotFound where there is no such provider with credentials, or it asks nothing; Forged for a wrong word.
        """
        provider = self._providers.for_channel(channel)
        if provider.channel != channel:
            raise NotFound("provider for the channel", channel)
        return provider.challenge(query)

    def _signer(self, channel: str, hook: Hook) -> Provider:
        """The provider of the channel that a webhook is from: the one whose signature it has."""
        refusal: EncoreError = NotFound("provider for the channel", channel)
        for provider in self._providers.of_channel(channel):
            if provider.channel != channel:
                continue
            try:
                provider.verify(hook)
            except (Forged, NotFound) as error:
                refusal = error if isinstance(error, Forged) or not isinstance(refusal, Forged) else refusal
            except Invalid:
                raise
            except Exception:  # whoever has no credentials must not bring down what checks them
                log.exception("webhook.unforeseen", extra={"provider": provider.name})
                refusal = Forged("What was sent cannot be checked.")
            else:
                return provider
        raise refusal

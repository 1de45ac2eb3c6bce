"""Messenger: a Facebook page's chats, through the Graph API."""

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from common.clock import Clock
from common.settings import Settings
from messaging.channel import Outbox, ReceiptType, base_url
from messaging.channels._chat import needed
from messaging.channels._page import Account, Page


class MessengerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The page's id and its access token, or the channel delivers to the outbox.

    `messenger_tag` is the message tag that the page may use outside the window; `messenger_page` its name, for links.
    """

    messenger_access_token: str = ""
    messenger_page_id: str = ""
    messenger_page: str = ""
    messenger_app_secret: str = ""
    messenger_verify_token: str = ""
    messenger_tag: str = ""
    messenger_url: str = "https://graph.facebook.com"


class Messenger(Page):
    """Deliveries name messages, reads a time up to which all was read; an echo brings our own ids back."""

    name: ClassVar[str] = "messenger"
    channel: ClassVar[str] = "messenger"
    reports: ClassVar[frozenset[ReceiptType]] = frozenset({"accepted", "delivered", "opened"})
    longest: ClassVar[int] = 2_000
    within: ClassVar[Mapping[str, str]] = {"messaging_type": "UPDATE"}
    echoed: ClassVar[bool] = True
    secret_variable: ClassVar[str] = "ENCORE_MESSENGER_APP_SECRET"  # noqa: S105  # the name of a setting

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock) -> None:
        super().__init__(settings, outbox, clock)
        self._own = settings.section(MessengerSettings)
        self._url = base_url("ENCORE_MESSENGER_URL", self._own.messenger_url)

    @property
    def account(self) -> Account:
        """The page."""
        own = self._own
        return Account(
            token=own.messenger_access_token,
            id=own.messenger_page_id,
            secret=own.messenger_app_secret,
            verify_token=own.messenger_verify_token,
            url=self._url,
            tag=own.messenger_tag,
            own=own.messenger_page_id if own.messenger_page_id.isdigit() else "",
        )

    def deep_link(self, token: str, greeting: str) -> str:
        """The address that opens the page's chat and tells the token; raises Invalid without the page's name."""
        return f"https://m.me/{needed('ENCORE_MESSENGER_PAGE', self._own.messenger_page)}?ref={token}"

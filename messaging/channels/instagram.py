"""Instagram: a professional account's chats, through the Graph API."""

from typing import ClassVar

import msgspec

from common.clock import Clock
from common.settings import Settings
from messaging.channel import Outbox, ReceiptType, base_url
from messaging.channels._chat import needed
from messaging.channels._page import Account, Page


class InstagramSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The account's id and an access token, or the channel delivers to the outbox.

    `instagram_tag` is HUMAN_AGENT where Meta let the account use it; `instagram_account` is its name, for links.
    """

    instagram_access_token: str = ""
    instagram_account_id: str = ""
    instagram_account: str = ""
    instagram_app_secret: str = ""
    instagram_verify_token: str = ""
    instagram_tag: str = ""
    instagram_url: str = "https://graph.instagram.com"


class Instagram(Page):
    """Reads name messages; of deliveries Instagram says nothing."""

    name: ClassVar[str] = "instagram"
    channel: ClassVar[str] = "instagram"
    reports: ClassVar[frozenset[ReceiptType]] = frozenset({"opened"})
    longest: ClassVar[int] = 1_000
    secret_variable: ClassVar[str] = "ENCORE_INSTAGRAM_APP_SECRET"  # noqa: S105  # the name of a setting

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock) -> None:
        super().__init__(settings, outbox, clock)
        self._own = settings.section(InstagramSettings)
        self._url = base_url("ENCORE_INSTAGRAM_URL", self._own.instagram_url)

    @property
    def account(self) -> Account:
        """The professional account."""
        own = self._own
        return Account(
            token=own.instagram_access_token,
            id=own.instagram_account_id,
            secret=own.instagram_app_secret,
            verify_token=own.instagram_verify_token,
            url=self._url,
            tag=own.instagram_tag,
        )

    def deep_link(self, token: str, greeting: str) -> str:
        """The address that opens the account's chat and tells the token; raises Invalid without the account's name."""
        return f"https://ig.me/m/{needed('ENCORE_INSTAGRAM_ACCOUNT', self._own.instagram_account)}?ref={token}"

"""Messenger, as a page's chats."""

from typing import ClassVar

from sandbox.standins import _graph as graph
from sandbox.standins._page import Page


class Messenger(Page):
    """Brings our ids back in an echo, and says up to when all was read."""

    name: ClassVar[str] = "messenger"
    channel: ClassVar[str] = "messenger"
    account: ClassVar[str] = "102938475610293"
    object: ClassVar[str] = "page"
    longest: ClassVar[int] = 2_000

    def environment(self, address: str) -> dict[str, str]:
        """The settings for it."""
        return {
            "ENCORE_MESSENGER_ACCESS_TOKEN": graph.TOKEN,
            "ENCORE_MESSENGER_PAGE_ID": self.account,
            "ENCORE_MESSENGER_PAGE": "harbour",
            "ENCORE_MESSENGER_APP_SECRET": graph.SECRET,
            "ENCORE_MESSENGER_VERIFY_TOKEN": graph.VERIFY,
            "ENCORE_MESSENGER_URL": address,
        }

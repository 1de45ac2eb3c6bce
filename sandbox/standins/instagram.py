"""Instagram, as a professional account's chats."""

from typing import Any, ClassVar

from sandbox.standins import _graph as graph
from sandbox.standins._page import Page


class Instagram(Page):
    """Says which message was read."""

    name: ClassVar[str] = "instagram"
    channel: ClassVar[str] = "instagram"
    account: ClassVar[str] = "17841400000000001"
    object: ClassVar[str] = "instagram"
    longest: ClassVar[int] = 1_000

    def environment(self, address: str) -> dict[str, str]:
        """The settings for it."""
        return {
            "ENCORE_INSTAGRAM_ACCESS_TOKEN": graph.TOKEN,
            "ENCORE_INSTAGRAM_ACCOUNT_ID": self.account,
            "ENCORE_INSTAGRAM_ACCOUNT": "harbour",
            "ENCORE_INSTAGRAM_APP_SECRET": graph.SECRET,
            "ENCORE_INSTAGRAM_VERIFY_TOKEN": graph.VERIFY,
            "ENCORE_INSTAGRAM_URL": address,
        }

    def _read(self, letter: dict[str, Any], now: int) -> dict[str, Any]:
        return {"mid": letter["id"]}

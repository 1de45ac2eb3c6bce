"""Every setting is in docs/settings.md, with the default it really has."""

import importlib
import re
from pathlib import Path

import msgspec

from api.settings import ApiSettings
from common.settings import PREFIX, Settings

REPOSITORY = Path(__file__).resolve().parents[2]


def declared() -> dict[str, object]:
    """The variables that are read, with their defaults: the shared ones, the API's, and each provider's own."""
    structs: set[type[msgspec.Struct]] = {Settings, ApiSettings}
    for file in (REPOSITORY / "messaging" / "channels").glob("*.py"):
        things = vars(importlib.import_module(f"messaging.channels.{file.stem}")).values()
        structs |= {thing for thing in things if isinstance(thing, type) and thing.__name__.endswith("Settings")}
    fields = [field for struct in structs for field in msgspec.structs.fields(struct)]
    return {PREFIX + field.name.upper(): field.default for field in fields if field.name != "environment"}


def test_every_setting_is_in_the_docs_with_its_default() -> None:
    text = (REPOSITORY / "docs" / "settings.md").read_text()
    written = dict(re.findall(r"^\| `(ENCORE_\w+)` \| (.*?) \|", text, re.MULTILINE))
    expected = {
        name: "none" if default == "" else f"`{default:g}`" if isinstance(default, float) else f"`{default}`"
        for name, default in declared().items()
    }
    # "none: `encore up` makes one" is still none.
    assert {name: re.sub(r"^none:.*", "none", default) for name, default in written.items()} == expected

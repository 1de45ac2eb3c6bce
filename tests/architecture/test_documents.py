"""Every page of docs/ that code or another page speaks of is there."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
NOT_OURS = {".venv", ".git", "var", "build", "node_modules"}
# A page by its path from the repository, as in a docstring; and one that a page links to, from where it stands.
NAMED = re.compile(r"(?<![\w./-])docs/[\w./-]*\.md\b")
LINKED = re.compile(r"\]\(([^):#\s]+\.md)(?:#[^)]*)?\)")


def missing(text: str, file: Path) -> list[str]:
    """What a file's text names that is not there."""
    wanted = {name: REPOSITORY / name for name in NAMED.findall(text)}
    if file.suffix == ".md":
        wanted |= {link: file.parent / link for link in LINKED.findall(text)}
    return [f"{file.relative_to(REPOSITORY)}: {name}" for name, page in wanted.items() if not page.is_file()]


def sources() -> list[Path]:
    """Code and pages, wherever they stand; this file invents a page that is not there."""
    files = [path for ending in ("py", "md", "toml", "cfg") for path in REPOSITORY.rglob(f"*.{ending}")]
    return [path for path in files if not NOT_OURS & set(path.parts) and path != Path(__file__).resolve()]


def test_every_page_that_is_named_is_there() -> None:
    assert [gone for file in sources() for gone in missing(file.read_text(), file)] == []


def test_a_page_that_is_not_there_is_noticed() -> None:
    module, page = REPOSITORY / "storage" / "module.py", REPOSITORY / "docs" / "page.md"
    assert missing("(docs/decisions/0001-workers.md).", module) == ["storage/module.py: docs/decisions/0001-workers.md"]
    assert missing("[gone](gone.md#there), [here](messages.md)", page) == ["docs/page.md: gone.md"]
    assert missing("(docs/messages.md)", module) == []

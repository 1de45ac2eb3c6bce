"""The README's picture shows the packages as they are."""

from xml.etree import ElementTree

from docs.draw import PICTURE, answer, imports, picture, places, rows
from tests.architecture.test_law import REPOSITORY, imported, sources, words

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = [name for row in rows() for name in row]


def written() -> list[str]:
    root = ElementTree.fromstring(PICTURE.read_text(encoding="utf-8"))
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_the_picture_kept_is_the_one_drawn_today() -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(), "`make picture` draws it anew"


def test_every_package_and_module_is_named() -> None:
    ours = words("importlinter", "root_packages") | words("options", "py_modules")
    assert ours <= set(written())
    assert len(DRAWN) == len(set(DRAWN))


def test_every_package_says_what_it_is_for() -> None:
    assert [name for name in [*DRAWN, "sandbox"] if not answer(name)] == []


def test_it_draws_who_imports_whom_as_the_files_say() -> None:
    for name, known in imports(DRAWN).items():
        files = list(sources(name)) or [REPOSITORY / f"{name}.py"]
        assert known == {other for path in files for other in imported(path)} & set(DRAWN) - {name}, name


def test_no_line_leads_up() -> None:
    boxes = places(rows())
    upward = {
        (name, other) for name, known in imports(DRAWN).items() for other in known if boxes[other].y <= boxes[name].y
    }
    assert upward == set()


def test_it_tells_those_who_cannot_see_it() -> None:
    root = ElementTree.fromstring(PICTURE.read_text(encoding="utf-8"))
    told = root.findtext(f"{SVG}desc") or ""
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title")
    assert [name for name in DRAWN if f"{name} imports" not in told] == []

"""Templates keep every version they ever had, whoever else is writing at the time."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from common.errors import NotFound, Stale
from content.templates import Template
from storage.mongo import Mongo
from storage.templates import MongoTemplates
from tests.support.clock import ManualClock


@pytest.fixture
def templates(database: Mongo, clock: ManualClock) -> MongoTemplates:
    return MongoTemplates(database, clock)


def words(text: str, id: str = "hello", name: str = "Hello") -> Template:
    return Template(id=id, name=name, content={"sms": {"pt-BR": {"text": text}}})


def test_each_put_is_the_next_version_and_the_earlier_ones_stay(templates: MongoTemplates) -> None:
    kept = [templates.put(words(text)) for text in ("one", "two", "three")]
    assert [template.version for template in kept] == [1, 2, 3]
    assert templates.get("hello") == kept[2]
    assert [templates.get("hello", version) for version in (1, 2, 3)] == kept
    assert templates.versions("hello", 0, 10) == kept
    assert templates.versions("hello", 1, 1) == [kept[1]]
    assert templates.versions("hello", 3, 10) == []


def test_the_same_words_again_make_no_version(templates: MongoTemplates, clock: ManualClock) -> None:
    first = templates.put(words("one"))
    clock.advance(60)
    assert templates.put(words("one")) == first
    assert templates.put(words("one", name="Renamed")).version == 2


def test_what_is_not_there_is_not_found(templates: MongoTemplates) -> None:
    templates.put(words("one"))
    for name, version in (("nobody", None), ("hello", 2), ("hello", 0)):
        with pytest.raises(NotFound):
            templates.get(name, version)
    with pytest.raises(NotFound):
        templates.versions("nobody", 0, 10)


def test_who_read_an_older_version_is_told(templates: MongoTemplates) -> None:
    templates.put(words("one"), expected_version=0)
    templates.put(words("two"), expected_version=1)
    for expected in (0, 1, 3):
        with pytest.raises(Stale):
            templates.put(words("three"), expected_version=expected)
    assert templates.get("hello").version == 2


def test_many_writers_at_once_each_get_a_version_of_their_own(templates: MongoTemplates) -> None:
    with ThreadPoolExecutor(6) as pool:
        kept = list(pool.map(lambda number: templates.put(words(f"text {number}")), range(12)))
    assert sorted(template.version for template in kept) == list(range(1, 13))
    assert templates.versions("hello", 0, 50) == sorted(kept, key=lambda template: template.version)


def test_a_crash_between_keeping_the_old_and_writing_the_new_loses_nothing(
    templates: MongoTemplates, database: Mongo
) -> None:
    first = templates.put(words("one"))
    templates._keep(first)  # what a writer did before it was killed
    assert templates.get("hello") == first
    assert templates.versions("hello", 0, 10) == [first]
    assert templates.put(words("two")).version == 2
    assert database["template_versions"].count_documents({}) == 1


def test_pages_follow_the_order_of_ids(templates: MongoTemplates) -> None:
    for name in ("b", "a", "c"):
        templates.put(words("one", id=name))
    templates.put(words("two", id="a"))
    assert [(template.id, template.version) for template in templates.page("", 2)] == [("a", 2), ("b", 1)]
    assert [template.id for template in templates.page("b", 2)] == ["c"]


def test_content_comes_back_as_it_was(templates: MongoTemplates) -> None:
    template = words("Olá, {{ first_name }} 🎵\n")
    assert msgspec.structs.replace(templates.put(template), version=0, created_at=None) == template
    assert templates.get("hello").content == template.content

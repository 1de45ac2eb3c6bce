"""The page of a survey in a real browser: a thumb is enough, and it reads well in every language and in the dark."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from campaigns.surveys.survey import Survey
from tests.api.pages.conftest import World
from tests.api.pages.test_browser import SMALL, accessible
from wiring import Services

pytestmark = pytest.mark.browser


def link(services: Services, message: str, site: str) -> str:
    return site + services.links.url("survey", message).removeprefix(services.links.public_url)


def asked(services: Services, world: World, scale: str) -> str:
    """Ana's message, as one that asks on this scale."""
    survey = Survey(id=scale, name="x", scale=scale, created_at=services.clock.now())  # type: ignore[arg-type]
    services.surveys.add(survey)
    question = {"$set": {"data.survey": {"survey": scale, "order": "10042"}}}
    services.database["messages"].update_one({"_id": world.message}, question)
    return world.message


def test_an_answer_is_two_taps_on_a_phone(phone: Page, site: str, services: Services, world: World) -> None:
    phone.goto(link(services, asked(services, world, "0-10"), site))
    accessible(phone)
    _keep(phone, "survey-0-10")
    phone.get_by_role("radio", name="8", exact=True).check()
    phone.get_by_label("Would you tell us why?").fill("The sleeve was bent.")
    accessible(phone)
    _keep(phone, "survey-chosen")
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_role("status")).to_contain_text("8")
    accessible(phone)
    _keep(phone, "survey-thanks")
    answer = services.survey_answers.get(world.message)
    assert answer is not None
    assert (answer.score, answer.comment, answer.order) == (8, "The sleeve was bent.", "10042")


def test_it_reads_well_small_and_dark_and_without_a_choice_says_so(
    browser: Browser, site: str, services: Services, world: World
) -> None:
    asked(services, world, "1-5")
    context = browser.new_context(viewport=SMALL, locale="de", color_scheme="dark", device_scale_factor=2)
    context.set_default_timeout(120_000)  # machines are shared
    page = context.new_page()
    page.goto(link(services, world.message, site))
    accessible(page)
    page.evaluate("document.querySelectorAll('[required]').forEach(one => one.removeAttribute('required'))")
    page.get_by_role("button", name="Abschicken").click()
    expect(page.get_by_role("alert")).to_have_text("Bitte wähle zuerst eine Zahl.")
    accessible(page)
    _keep(page, "survey-missing")
    assert services.survey_answers.get(world.message) is None
    context.close()


def _keep(page: Page, name: str) -> None:
    """A picture for whoever wants to look: ENCORE_PICTURES is the folder."""
    folder = os.environ.get("ENCORE_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

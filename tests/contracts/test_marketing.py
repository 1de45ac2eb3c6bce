"""What marketing carries by itself on every channel: where its visitors come from, why it came, and the way out."""

import re
from collections.abc import Iterator, Mapping

import pytest

from campaigns.single import Wanted
from content.forms import FORMS
from content.sms import segments
from content.templates import Content, Template
from content.wording import WORDINGS
from customers.consent import Purpose
from customers.customer import Customer
from messaging.channels import _page
from messaging.message import Message, Rendered
from tests.support.letters import ADDRESSES
from wiring import Services

SHOP, OTHER = "https://shop.example/new?a=1", "https://other.example/"
# Where nobody can write back; there the way to the preferences is the way out.
ONE_WAY = {"web_push", "mobile_push", "inbox", "webhook"}
PLACES = {"email": "ana@example.com", "sms": "+12025550123"}
HELLO = f"Hello {{{{ first_name }}}}, new here: {SHOP}. And {OTHER}"


def written(channel: str) -> dict[str, str]:
    """Words with links to the shop and to others, in all parts that can have some."""
    form = FORMS[channel]
    if channel == "email":
        html = f'<p><a href="{SHOP}">New</a> <a href="{OTHER}">b</a> {{{{ first_name }}}}: {{{{ shop.url }}}}</p>'
        return {"subject": "Hi", "html": html}
    parts = dict.fromkeys(form.required, HELLO) | ({"title": "Hi"} if "title" in form.required else {})
    if "buttons" in form.optional:
        parts["buttons"] = f"New | {SHOP}"
    if "link" in form.optional:
        parts["link"] = SHOP
    if "template_links" in form.optional:
        parts |= {
            "template": "new/en",
            "values": f"Ana\n{SHOP}",
            "template_links": f"sale\n{SHOP}\n{{{{ links.why }}}}",
        }
    return parts


def content() -> Content:
    return {channel: {"en": written(channel)} for channel in FORMS}


@pytest.fixture
def shop(services: Services) -> Services:
    places = {channel: PLACES.get(channel) or ADDRESSES[channel](1) for channel in FORMS}
    people = [Customer(id="ana", first_name="Ana", locale="en", addresses={name: [at] for name, at in places.items()})]
    services.customers.upsert(people)
    services.templates.put(Template(id="t", name="t", content=content()))
    return services


def sent(shop: Services, channel: str, purpose: Purpose = "marketing") -> tuple[Message, Rendered]:
    wanted = Wanted(customer="ana", template="t", purpose=purpose, channel=channel)
    message = shop.sender.send(wanted, f"{channel}-{purpose}")
    batch = shop.batches.get(message.batch)
    assert batch
    [rendered] = shop.builder.render(batch, [message]).values()
    assert isinstance(rendered, Rendered), rendered
    return message, rendered


def led(shop: Services, parts: Mapping[str, str]) -> Iterator[str]:
    """Where all links of a message lead in the end."""
    text = "\n".join(value for name, value in parts.items() if name != "media")
    for address in re.findall(r"http[^\s\"<>]*[^\s\"<>.,]", text):
        place = address.removeprefix("http://shop.test")
        if place.startswith("/l/"):
            link = shop.short_links.get(place.removeprefix("/l/"))
            assert link, address
            yield link.address
        elif place.startswith("/c/"):
            yield shop.links.read("click", place.removeprefix("/c/"))[1]
        else:
            yield address
    for ending in parts.get("template_links", "").splitlines():
        if link := shop.short_links.get(ending):
            yield link.address


def test_every_channels_marketing_says_where_from_why_and_how_to_stop_and_the_rest_does_not(shop: Services) -> None:
    for channel in FORMS:
        message, rendered = sent(shop, channel)
        links, text = list(led(shop, rendered.parts)), "\n".join(rendered.parts.values())
        marked = f"{SHOP}&utm_source=encore&utm_medium={channel}&utm_campaign=t"
        assert marked in links, channel
        assert SHOP not in links, channel
        assert OTHER in links, channel
        assert shop.links.url("why", message.id) in links, channel
        if channel == "email":
            assert shop.links.url("unsubscribe", message.id) in links
        elif channel in ONE_WAY:
            assert shop.links.url("preferences", message.id) in links, channel
        else:
            assert WORDINGS["en"].stop in text, channel
        served = sent(shop, channel, "service")[1]
        plain = list(led(shop, served.parts))
        assert SHOP in plain, channel
        assert not [one for one in plain if "utm_" in one], channel


def test_the_text_part_of_a_letter_is_marked_where_it_spells_an_address_out(shop: Services) -> None:
    text = sent(shop, "email")[1].parts["text"]
    assert f"<{SHOP}&utm_source=encore&utm_medium=email&utm_campaign=t>" in text
    assert f"<{OTHER}>" in text


def test_a_text_message_is_counted_with_its_way_out_and_short_links(shop: Services) -> None:
    message, rendered = sent(shop, "sms")
    text = rendered.parts["text"]
    assert text.count("http://shop.test/l/") == 3  # the shop's, the other's, and why
    assert f"{WORDINGS['en'].stop}\n{WORDINGS['en'].why_short} http://shop.test/l/" in text
    sampled = shop.builder.short(f"{HELLO}\nReply STOP to opt out\nWhy this? https://shop.example/w/sample")
    assert segments(sampled.replace("{{ first_name }}", "Ana")).units == segments(text).units
    assert shop.links.url("why", message.id) not in text


@pytest.mark.parametrize("buttons", [0, 2, 3])
def test_a_card_says_why_by_a_button_or_by_a_card_beside_it(shop: Services, buttons: int) -> None:
    lines = "\n".join(f"Go {number} | {SHOP}" for number in range(buttons))
    parts = {"text": "New today", "media": "https://shop.example/a.png"} | ({"buttons": lines} if lines else {})
    shop.templates.put(Template(id="t", name="t", content={"messenger": {"en": parts}}))
    message, rendered = sent(shop, "messenger")
    card, *beside = _page.request(rendered.parts, 2_000)["attachment"]["payload"]["elements"]
    assert (card["title"], card["subtitle"]) == ("New today", WORDINGS["en"].stop)
    why = {"type": "web_url", "title": "Why this?", "url": shop.links.url("why", message.id)}
    last = beside[0]["buttons"] if buttons == 3 else card["buttons"]
    assert last[-1] == why
    assert len(card.get("buttons", [])) == min(3, buttons + 1)
    assert len(beside) == (1 if buttons == 3 else 0)


def test_a_picture_whose_words_fit_on_no_card_keeps_why_however_long_they_are(shop: Services) -> None:
    parts = {"text": "word " * 190, "media": "https://shop.example/a.png"}
    shop.templates.put(Template(id="t", name="t", content={"instagram": {"en": parts}}))
    message, rendered = sent(shop, "instagram")
    text = _page.request(rendered.parts, 1_000)["text"]
    assert len(text) <= 1_000
    assert text.endswith(f"https://shop.example/a.png\nWhy this? {shop.links.url('why', message.id)}")

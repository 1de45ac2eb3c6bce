"""WhatsApp's approved templates: named as Meta takes it, in the language of the words, and honest about their links."""

import pytest

from common.errors import Invalid
from content.preview import preview
from content.templates import check_content, compile_template
from content.vocabulary import sample


def _written(template: str, **more: str) -> dict[str, str]:
    return {"text": "Hello", "template": template, **more}


@pytest.mark.parametrize(
    "template",
    ["win back!!/xx_yy_zz", "Winback", "winback/DE", "winback/de/at", "winback/pt-BR", "a b", "{{ shop.name }}/d e",
     "{% if first_name %}winback{% endif %}", "{% if first_name %}Win{% else %}win{% endif %}/de"],
)  # fmt: skip
def test_a_name_that_meta_takes_from_nobody_is_refused_at_save(template: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_content({"whatsapp": {"en": _written(template)}})
    assert list(refused.value.fields) == ["content.whatsapp.en.template"]


@pytest.mark.parametrize(
    ("template", "locale", "sent"),
    [
        ("winback_2", "de", "winback_2/de"),
        ("winback", "pt-BR", "winback/pt_BR"),
        ("winback", "pt", "winback/pt_PT"),
        ("winback", "zh-Hant-TW", "winback/zh_TW"),
        ("winback", "zh-Hant", "winback/zh_TW"),
        ("winback", "es-419", "winback/es"),
        ("winback/en_US", "de", "winback/en_US"),
        ("{% if first_name %}winback/{% if locale == 'de' %}de{% else %}en{% endif %}{% endif %}", "de", "winback/en"),
    ],
)
def test_a_template_without_a_language_goes_out_in_that_of_the_words(template: str, locale: str, sent: str) -> None:
    written = _written(template)
    check_content({"whatsapp": {locale: written}})
    assert compile_template(written, "whatsapp", locale).render(sample("en"))["template"] == sent


def test_marketing_by_an_approved_template_without_links_is_warned_of() -> None:
    def warned(purpose: str, **more: str) -> bool:
        seen = preview(_written("winback", **more), "whatsapp", "en", purpose=purpose)  # type: ignore[arg-type]  # two of three
        return "no_template_links" in {one.code for one in seen.warnings}

    assert warned("marketing")
    assert not warned("marketing", template_links="{{ links.why }}")
    assert not warned("service")

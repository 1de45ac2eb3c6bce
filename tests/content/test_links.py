"""Links to the shop say where a visitor comes from; what the writer said, and others' addresses, stay as they are."""

import pytest

from content.links import with_source

SOURCE = (("utm_source", "encore"), ("utm_campaign", "a b&c"), ("utm_content", ""))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://shop.example", "https://shop.example?utm_source=encore&utm_campaign=a+b%26c"),
        ("https://shop.example/a?b=c#d", "https://shop.example/a?b=c&utm_source=encore&utm_campaign=a+b%26c#d"),
        ("https://www.shop.example/", "https://www.shop.example/?utm_source=encore&utm_campaign=a+b%26c"),
        ("https://shop.example/?utm_source=mine&utm_campaign=", "https://shop.example/?utm_source=mine&utm_campaign="),
        ("https://notshop.example/", "https://notshop.example/"),
        ("https://shop.example.evil.test/", "https://shop.example.evil.test/"),
        ("https://paypal.example/?sig=1", "https://paypal.example/?sig=1"),
        ("mailto:a@shop.example", "mailto:a@shop.example"),
    ],
)
def test_only_links_to_the_shop_are_marked(address: str, expected: str) -> None:
    assert with_source(address, "https://www.shop.example/", SOURCE) == expected


def test_a_shop_without_an_address_marks_nothing() -> None:
    assert with_source("https://shop.example/", "", SOURCE) == "https://shop.example/"

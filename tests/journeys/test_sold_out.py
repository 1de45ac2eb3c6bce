"""What is sold out between planning and hand-over is not advertised: words are written when they are handed over."""

from content.templates import Template
from customers.catalogue import Product, StockLevel
from tests.journeys.shop import Bench, draft, open_shop, someone
from tests.support.clock import ManualClock
from tests.support.sandbox import ProviderSandbox
from wiring import Services

HTML = "<p>Again? {{ last_order.again | listed }}</p>"
WORDS = {"email": {"en": {"subject": "For {{ first_name }}", "html": HTML}}}


def test_a_product_sold_out_after_planning_is_stood_in_for(
    shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    open_shop(shop, [someone(1, clock.now())])
    cd = Product(id="cd", name="Night Ferry", stock=3, currency="EUR", price=999, substitutes=["lp"])
    shop.products.upsert([cd, Product(id="lp", name="Slow Weather", stock=1, currency="EUR", price=1999)])
    shop.templates.put(Template(id="again", name="Again", content=WORDS))
    shop.launcher.launch(draft(shop, template="again").id)
    bench = shop.doorbell
    assert isinstance(bench, Bench)
    [(job, run)] = bench.rung
    bench.rung.clear()
    assert job == "plan_run"
    shop.planner.plan(*run)  # the message is planned, with the product still there
    shop.products.set_stock([StockLevel(product_id="cd", stock=0)])
    clock.advance(1)
    bench.work(shop)
    [letter] = provider_sandbox.accepted()
    [message] = shop.messages.of_campaign(shop.campaigns.page("", 1)[0].id, "", 1)
    content = shop.contents.get(message.id, message.attempts[-1].token)
    assert content is not None
    assert letter["address"] == "c1@example.com"
    assert "Slow Weather" in content.rendered.parts["html"]
    assert "Night Ferry" not in str(content.rendered.parts)

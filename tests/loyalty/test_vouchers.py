"""Vouchers: minted, checked, held, used and taken back, each once."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from common.errors import NotFound
from common.money import Money
from loyalty.conditions import Refused
from loyalty.offer import Budget, Conditions
from loyalty.redemption import RedemptionState
from tests.loyalty.makers import assert_books_agree, basket, code_for, generic, offer, standing
from tests.support.clock import ManualClock
from wiring import Services


def reason_of(services: Services, code: str, customer: str = "ana", order: str = "o1", **fields: int) -> str:
    with pytest.raises(Refused) as refused:
        services.vouchers.redeem(code, customer, basket(order, **fields))
    return refused.value.reason


def test_a_code_is_redeemed_and_the_budget_knows(services: Services) -> None:
    redemption = services.vouchers.redeem(generic(services, uses=5, money=5_000), "ana", basket(total=2_345))
    assert redemption.off == Money(235, "EUR")
    assert (redemption.customer, redemption.order, redemption.order_total) == ("ana", "o1", 2_345)
    assert services.offers.get("tenth").spent.money == {"EUR": 235}
    assert_books_agree(services)


def test_the_same_order_again_is_the_same_redemption(services: Services) -> None:
    code = generic(services, uses=1)
    first = services.vouchers.redeem(code, "ana", basket())
    assert services.vouchers.redeem(code.lower(), "ana", basket()) == first
    assert_books_agree(services)


def test_what_a_code_gives_can_be_asked_for_without_using_it(services: Services) -> None:
    code = generic(services, uses=1)
    verdict = services.vouchers.validate(code, "ana", basket())
    assert (verdict.valid, verdict.discount, verdict.reason) == (True, Money(1_000, "EUR"), "")
    assert standing(services) == []
    services.vouchers.redeem(code, "ana", basket())
    assert services.vouchers.validate(code, "ana", basket()).valid
    other = services.vouchers.validate(code, "ben", basket("o2"))
    assert (other.valid, other.discount, other.reason) == (False, None, "budget_uses")
    assert other.detail


def test_a_single_use_code_is_used_once(services: Services) -> None:
    code = code_for(services)
    services.vouchers.redeem(code, "ana", basket())
    assert reason_of(services, code, "ben", "o2") == "spent"
    assert services.vouchers.status(services.vouchers.get(code)).state == "used"
    assert_books_agree(services)


def test_an_offer_is_used_by_a_customer_as_often_as_it_allows(services: Services) -> None:
    code = generic(services, per_customer=2)
    for order in ("o1", "o2"):
        services.vouchers.redeem(code, "ana", basket(order))
    assert reason_of(services, code, "ana", "o3") == "customer_limit"
    services.vouchers.redeem(code, "ben", basket("o3"))
    assert_books_agree(services)


def test_a_budget_of_money_is_not_exceeded_by_a_cent(services: Services) -> None:
    code = generic(services, money=1_999)
    services.vouchers.redeem(code, "ana", basket("o1"))
    assert reason_of(services, code, order="o2") == "budget_money"
    services.vouchers.redeem(code, "ana", basket("o3", total=9_990))
    assert services.offers.get("tenth").spent.money == {"EUR": 1_999}
    assert reason_of(services, code, order="o4", total=10) == "budget_money"


def test_a_rollback_frees_the_code_and_the_budget_and_twice_is_once(services: Services) -> None:
    code = code_for(services, budget=Budget(uses=1, money=Money(1_000, "EUR"), per_customer=1))
    redemption = services.vouchers.redeem(code, "ana", basket())
    back = services.vouchers.rollback(redemption.id)
    assert back.state is RedemptionState.ROLLED_BACK
    again = replace(back, reason="already_rolled_back")
    assert services.vouchers.rollback(redemption.id) == again
    assert services.offers.get("tenth").spent.uses == 0
    assert services.vouchers.redeem(code, "ana", basket("o2")).state is RedemptionState.REDEEMED
    assert services.vouchers.rollback(redemption.id) == again
    assert_books_agree(services)


def test_an_order_that_was_rolled_back_does_not_use_the_code_again(services: Services) -> None:
    code = generic(services)
    services.vouchers.rollback(services.vouchers.redeem(code, "ana", basket()).id)
    assert reason_of(services, code) == "rolled_back"
    assert services.vouchers.validate(code, "ana", basket()).reason == "rolled_back"


def test_there_is_no_rolling_back_of_what_never_was(services: Services) -> None:
    with pytest.raises(NotFound):
        services.vouchers.rollback("nothing")


def test_a_hold_counts_and_becomes_the_redemption(services: Services) -> None:
    code = generic(services, uses=1)
    held = services.vouchers.reserve(code, "ana", basket())
    assert held.state is RedemptionState.RESERVED
    assert services.vouchers.reserve(code, "ana", basket()) == held
    assert reason_of(services, code, "ben", "o2") == "budget_uses"
    redeemed = services.vouchers.redeem(code, "ana", basket())
    assert (redeemed.id, redeemed.state, redeemed.off) == (held.id, RedemptionState.REDEEMED, held.off)
    assert services.vouchers.reserve(code, "ana", basket()).state is RedemptionState.REDEEMED
    assert services.vouchers.recover() == 0
    assert_books_agree(services)


def test_a_hold_is_honoured_although_the_offer_has_ended(services: Services, clock: ManualClock) -> None:
    code = code_for(services, valid_until=clock.now() + timedelta(seconds=60))
    services.vouchers.reserve(code, "ana", basket(), seconds=120)
    clock.advance(90)
    assert services.vouchers.redeem(code, "ana", basket()).state is RedemptionState.REDEEMED


def test_a_hold_ends_by_itself_swept_or_not(services: Services, clock: ManualClock) -> None:
    code = generic(services, uses=1)
    services.vouchers.reserve(code, "ana", basket(), seconds=60)
    clock.advance(60)
    services.vouchers.redeem(code, "ben", basket("o2"))
    assert reason_of(services, code) == "budget_uses"
    assert_books_agree(services)


def test_the_sweep_ends_the_holds_that_have_run_out(services: Services, clock: ManualClock) -> None:
    code = code_for(services)
    services.vouchers.reserve(code, "ana", basket("o1"), seconds=60)
    clock.advance(61)
    assert services.vouchers.recover() == 1
    assert standing(services) == []
    assert_books_agree(services)
    assert services.vouchers.redeem(code, "ana", basket("o1")).state is RedemptionState.REDEEMED
    assert_books_agree(services)


def test_a_hold_for_another_basket_is_reckoned_anew(services: Services) -> None:
    code = generic(services, money=1_500)
    services.vouchers.reserve(code, "ana", basket(total=9_000))
    assert services.vouchers.redeem(code, "ana", basket(total=15_000)).discount == 1_500
    assert_books_agree(services)


def test_a_hold_does_not_let_a_smaller_basket_through(services: Services) -> None:
    code = code_for(
        services,
        kind="amount",
        settings={"amount": {"amount": 500, "currency": "EUR"}},
        conditions=Conditions(minimum=Money(5_000, "EUR")),
    )
    services.vouchers.reserve(code, "ana", basket(total=5_000))
    assert reason_of(services, code, total=4_000) == "minimum"


def test_a_hold_can_be_given_up(services: Services) -> None:
    code = code_for(services)
    held = services.vouchers.reserve(code, "ana", basket())
    assert services.vouchers.rollback(held.id).state is RedemptionState.RELEASED
    assert services.vouchers.redeem(code, "ana", basket()).state is RedemptionState.REDEEMED
    assert_books_agree(services)


def test_anothers_use_for_the_same_order_is_not_mine(services: Services) -> None:
    code = generic(services)
    services.vouchers.redeem(code, "ana", basket())
    assert services.vouchers.validate(code, "ben", basket()).reason == "order_of_another"
    assert reason_of(services, code, "ben") == "order_of_another"


def test_minting_twice_mints_once_and_each_source_has_its_own_code(services: Services) -> None:
    services.offers.add(offer(valid_days=10))
    owners = {f"message-{number}": f"customer-{number}" for number in range(1_500)}
    minted = services.vouchers.mint("tenth", owners, campaign="winback")
    assert services.vouchers.mint("tenth", owners, campaign="winback") == minted
    assert len(set(minted.values())) == 1_500
    assert services.database["vouchers"].count_documents({}) == 1_500
    voucher = services.vouchers.get(minted["message-7"])
    assert (voucher.customer, voucher.campaign, voucher.message) == ("customer-7", "winback", "message-7")
    assert voucher.valid_until == services.clock.now() + timedelta(days=10)
    assert voucher.single_use


def test_minting_for_an_offer_that_is_not_there_is_not_found(services: Services) -> None:
    with pytest.raises(NotFound):
        services.vouchers.mint("nothing", {"a": "b"})


def test_a_redemption_says_which_message_brought_it_and_the_campaign_adds_up(services: Services) -> None:
    services.offers.add(offer())
    minted = services.vouchers.mint("tenth", {"m1": "ana", "m2": "ben", "m3": "cem"}, campaign="winback")
    redemption = services.vouchers.redeem(minted["m1"], "ana", basket("o1"))
    assert (redemption.campaign, redemption.message) == ("winback", "m1")
    services.vouchers.redeem(minted["m2"], "ben", basket("o2", total=5_000, currency="USD"))
    services.vouchers.rollback(services.vouchers.redeem(minted["m3"], "cem", basket("o3")).id)
    services.vouchers.rollback(redemption.id, Money(300, "EUR"))
    assert services.redemptions.totals("winback") == {
        "redeemed": 2,
        "discount": {"EUR": 700, "USD": 500},
        "revenue": {"EUR": 10_000, "USD": 5_000},
    }
    assert services.redemptions.totals("another") == {"redeemed": 0, "discount": {}, "revenue": {}}


def test_an_offer_changes_without_losing_what_is_spent(services: Services) -> None:
    code = generic(services, uses=2)
    services.vouchers.redeem(code, "ana", basket())
    kept = services.offers.get("tenth")
    changed = services.offers.change(replace(kept, budget=Budget(uses=1), seed="stolen"), kept.version)
    assert (changed.version, changed.spent.uses, changed.seed) == (2, 1, kept.seed)
    assert reason_of(services, code, order="o2") == "budget_uses"

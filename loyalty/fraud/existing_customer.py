"""The friend has bought here before."""

from typing import ClassVar, Literal

from loyalty.suspicion import Case, FraudRule


class ExistingCustomer(FraudRule):
    """A customer with the friend's id or one of their addresses has earlier orders."""

    name: ClassVar[str] = "existing_customer"
    verdict: ClassVar[Literal["block", "review"]] = "block"
    sentence: ClassVar[str] = "A friend must be new to the shop."

    def fires(self, case: Case) -> bool:
        """Any earlier order of any of them; the advocate's own are another rule's business."""
        return any(case.earlier_orders.get(one.id, 0) for one in case.kin if one.id != case.advocate)

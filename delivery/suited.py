"""Up to which R a customer may be shown products, by both rule sets, in words for cards and files."""

from dataclasses import dataclass
from datetime import date

from compliance.facts import Recipient
from compliance.suitability import product_ceiling
from config.suitability_policy import RuleSets
from crm_sync.facts import CustomerFact
from crm_sync.rules.ages import age
from delivery.judging import fund_assessment


@dataclass(frozen=True, slots=True)
class Suited:
    """The highest R of the bank's products, and of funds that the bank sells; 0: none."""

    own: int
    funds: int
    stricter: str

    @property
    def short(self) -> str:
        """For a card."""
        return f"理财最高 {_level(self.own)} · 基金最高 {_level(self.funds)}"

    @property
    def why(self) -> str:
        """Which set is the stricter for funds."""
        if not self.stricter:
            return "银行、基金两套口径上限相同；本行代销基金两套都要过"
        return f"本行代销基金两套口径从严，这位客户以{self.stricter}为准"


def suited(customer: CustomerFact, today: date, sets: RuleSets) -> Suited:
    """Both sets asked about one customer; for funds the stricter holds."""
    who = Recipient(
        customer.customer_id,
        age=age(customer.born_on, today) if customer.born_on else None,
        risk_level=customer.risk_level,
        risk_assessed_on=customer.risk_assessed_on,
        fund_assessment=fund_assessment(customer),
        professional_until=customer.professional_until,
    )
    own, funds = (product_ceiling(who, today, one) for one in sets.both)
    lower = sets.banks if own < funds else sets.funds
    return Suited(own, min(own, funds), "" if own == funds else lower.source.title)


def _level(ceiling: int) -> str:
    return f"R{ceiling}" if ceiling else "无"

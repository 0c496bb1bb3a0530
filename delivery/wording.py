"""What every script may say about the person, their manager and the bank."""

from collections.abc import Mapping

from compliance.surnames import DOUBLE_SURNAMES
from crm_sync.facts import CustomerFact, StaffFact, UnitFact
from delivery.desk import Desk

UNKNOWN_PERSON = "尊敬的客户"


def customer_title(name: str | None, gender: str) -> str:
    """``周女士``, ``欧阳先生``; without a name or a known gender the neutral address."""
    if not name or not name.strip():
        return UNKNOWN_PERSON
    name = name.strip()
    surname = name[:2] if name[:2] in DOUBLE_SURNAMES and len(name) > 2 else name[:1]
    if not ("\u4e00" <= surname[0] <= "\u9fff"):
        return UNKNOWN_PERSON
    return surname + {"F": "女士", "M": "先生"}.get(gender, "女士/先生")


def common_fields(
    customer: CustomerFact, staff: StaffFact | None, unit: UnitFact | None, desk: Desk
) -> Mapping[str, object]:
    """The fields that do not depend on the occasion; what is not known is left out."""
    return {
        "customer_title": customer_title(customer.name, customer.gender),
        **sender_fields(staff, unit, desk),
    }


def sender_fields(staff: StaffFact | None, unit: UnitFact | None, desk: Desk) -> dict[str, object]:
    """Those of them that are the same for all customers of one manager and unit."""
    fields: dict[str, object] = {"bank_name": desk.bank_name}
    if desk.hotline:
        fields["hotline"] = desk.hotline
    if staff is not None:
        fields["staff_name"] = staff.name
        fields["staff_title"] = "客户经理"
    if unit is not None:
        fields["unit_name"] = unit.name
    return fields

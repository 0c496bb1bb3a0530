"""What a list of customers asks about standings, leads, units and money, as selects of ids."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, Protocol

from sqlalchemy import Select

from crm_sync.leads import queue
from crm_sync.rules.standing import months_before
from crm_sync.standing import reading

BLOCKS: Final = ("政府军队", "民生事业", "新型经济", "新兴行业", "产业集群")
"""The five industry blocks (D7), as ``attributes.industry_block`` has them."""

FLOWS: Final[Mapping[str, tuple[str, Sequence[str]]]] = {
    "payroll": ("代发", ("payroll_in",)),
    "settlement": ("个人结算", ("out_other_bank", "out_third_party", "pos_in")),
    "large": ("大额收入", ("large_in",)),
    "investment": ("投资性", ("investment", "custody_trade")),
}
"""The four money flows (D7) and the kinds of flow that are theirs."""

FLOW_MONTHS: Final = 12


class Asked(Protocol):
    """The filters of ``CustomerQuery`` that are answered here; empty means any."""

    @property
    def grade(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def activity(self) -> str: ...
    @property
    def dormant(self) -> str: ...
    @property
    def missing(self) -> str: ...
    @property
    def filed(self) -> str: ...
    @property
    def unfiled(self) -> str: ...
    @property
    def lead(self) -> str: ...
    @property
    def aum_from(self) -> str: ...
    @property
    def aum_below(self) -> str: ...
    @property
    def managed(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def block(self) -> str: ...
    @property
    def flow(self) -> str: ...


def within(query: Asked, today: date) -> list[Select[Any]]:
    """The selects of ids that a customer must be in, one a filter that is set."""
    found: list[Select[Any]] = []
    stands = {
        "grade": query.grade,
        "grade_kind": query.kind,
        "activity": query.activity,
        "dormant_kind": query.dormant,
        "missing": query.missing,
    }
    filed, unfiled = _number(query.filed), _number(query.unfiled)
    if any(stands.values()) or filed is not None:
        found.append(reading.ids_of(**stands, complete_from=filed))
    if unfiled is not None:
        found.append(reading.ids_without_file(unfiled))
    if query.lead:
        found.append(queue.ids(query.lead))
    lowest, below = _number(query.aum_from), _number(query.aum_below)
    if lowest is not None or below is not None:
        found.append(reading.ids_by_assets(lowest, below))
    if query.managed:
        found.append(reading.ids_at(query.managed, "managed"))
    if query.account:
        found.append(reading.ids_at(query.account, "account"))
    if query.block:
        found.append(reading.ids_with_attribute("industry_block", query.block))
    if query.flow in FLOWS:
        since = months_before(today, FLOW_MONTHS)
        found.append(reading.ids_with_flow(FLOWS[query.flow][1], since))
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 13 else None

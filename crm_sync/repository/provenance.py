"""Where each value of a customer comes from, and of which day (A11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Customer, ImportRun
from crm_sync.repository.keys import among
from kit.clock import bank_date

_OURS: Final = frozenset(
    {"id", "customer_no", "source", "source_date", "digest", "supplements", "synthetic", "run_id",
     "changed_at", "removed_at", "attributes", "phone_hash", "birthday"}
)  # fmt: skip
_NAMED: Final = {"unionid_hash": "unionid"}
ATTRIBUTES: Final = "attributes."


@dataclass(frozen=True, slots=True)
class Origin:
    """Which system said it, of which day, by which load (None: before loads were numbered)."""

    source: str
    date: str  # the day the source says its data are of, else the day they came
    run_id: int | None
    synthetic: bool


async def provenance(session: AsyncSession, customer_id: int) -> dict[str, Origin]:
    """The origin of every value that the customer has, by the name of the field.

    A value is its last writer's: the customer's own source, or a supplement that filled the
    column later. Derived values (tier by rule, birthday) are not a source's and are left out
    unless a file gave them. Empty where there is no such customer.
    """
    table = Customer.__table__  # type: ignore[attr-defined]
    found = await session.execute(select(table).where(table.c.id == customer_id))
    row = found.mappings().one_or_none()
    if row is None:
        return {}
    claims = await _claims(session, row)
    origins: dict[str, Origin] = {}
    for field in _fields(row):
        wrote = [one for one in claims if one.columns is None or field in one.columns]
        if wrote:
            origins[field] = max(wrote, key=lambda one: one.origin.run_id or 0).origin
    return origins


@dataclass(frozen=True, slots=True)
class _Claim:
    origin: Origin
    columns: frozenset[str] | None  # None: every column


async def _claims(session: AsyncSession, row: Mapping[Any, Any]) -> list[_Claim]:
    supplements: dict[str, dict[str, Any]] = row["supplements"]
    numbers = {one.get("run") for one in supplements.values()} | {row["run_id"]}
    loads = await _loads(session, [one for one in numbers if one is not None])
    touched, came = loads.get(row["run_id"], ([], ""))
    own = Origin(row["source"], row["source_date"] or came, row["run_id"], row["synthetic"])
    columns = frozenset(_NAMED.get(name, name) for name in touched)
    if "attributes" in columns:
        columns |= {ATTRIBUTES + name for name in row["attributes"]}
    claims = [_Claim(own, columns or None)]
    for source, said in supplements.items():
        _, came = loads.get(said.get("run"), ([], ""))
        origin = Origin(
            source, said["source_date"] or came, said.get("run"), bool(said.get("synthetic"))
        )
        claims.append(_Claim(origin, frozenset(said["columns"])))
        if columns:
            free = {name for name in said["columns"] if name.startswith(ATTRIBUTES)}
            claims[0] = _Claim(own, columns := columns - free)
    return claims


async def _loads(
    session: AsyncSession, numbers: Sequence[int]
) -> dict[int | None, tuple[list[str], str]]:
    """The columns that loads wrote and the bank day on which they came."""
    if not numbers:
        return {}
    found = await session.execute(
        select(col(ImportRun.id), col(ImportRun.touched), col(ImportRun.started_at)).where(
            among(session, col(ImportRun.id), numbers)
        )
    )
    return {number: (touched, f"{bank_date(at)}") for number, touched, at in found}


def _fields(row: Mapping[Any, Any]) -> list[str]:
    """The fields that have a value."""
    own = [
        _NAMED.get(name, name)
        for name, value in row.items()
        if name not in _OURS and value not in (None, "")
    ]
    return own + [ATTRIBUTES + name for name in sorted(row["attributes"])]

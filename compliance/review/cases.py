"""Cases: opened where a rule stops something, listed by term and severity."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.errors import CaseUnknown
from compliance.models import ScreeningCase
from compliance.review.facts import Case, CaseState, Source, Stop
from config.review_desk_policy import ReviewDeskPolicy
from kit.crypto import FieldCipher
from kit.db import cipher_of, insert_new
from kit.ids import new_id
from kit.ledger import Entry, append

_STOPPING = ("block", "review")
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases; every field narrows. ``units`` None: the whole bank."""

    state: CaseState | None = CaseState.OPEN
    units: frozenset[str] | None = None
    source: str = ""
    severity: str = ""
    rule: str = ""
    rulebook: str = ""
    level: int | None = None
    late_at: datetime | None = None
    since: datetime | None = None
    states: tuple[CaseState, ...] = ()


async def open_cases(
    session: AsyncSession, stops: Iterable[Stop], *, policy: ReviewDeskPolicy, at: datetime
) -> int:
    """Open what is not open yet; what only warned opens nothing. Returns how many are new."""
    cipher = cipher_of(session)
    rows = {
        one.key[:220]: _row(one, cipher, policy, at) for one in stops if one.severity in _STOPPING
    }
    if not rows:
        return 0
    before = await _known(session, list(rows))
    fresh = [row for key, row in rows.items() if key not in before]
    await insert_new(session, ScreeningCase, fresh, key=["key"])
    await append(
        session,
        [
            Entry(
                kind="content",
                act="case.opened",
                actor="system:screening",
                object=f"case:{row['id']}",
                unit=row["unit_id"],
                reason=row["rule"],
                payload={"about": row["object"], "severity": row["severity"]},
            )
            for row in fresh
        ],
        at=at,
    )
    return len(fresh)


async def _known(session: AsyncSession, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), _AT_ONCE):
        query = select(col(ScreeningCase.key)).where(
            col(ScreeningCase.key).in_(keys[start : start + _AT_ONCE])
        )
        found.update((await session.execute(query)).scalars())
    return found


def _row(one: Stop, cipher: FieldCipher, policy: ReviewDeskPolicy, at: datetime) -> dict[str, Any]:
    number = new_id()
    hours = policy.promise_hours.block if one.severity == "block" else policy.promise_hours.review
    return {
        "id": number,
        "key": one.key[:220],
        "source": one.source,
        "object": one.object[:160],
        "rule": one.rule,
        "family": one.family,
        "severity": one.severity,
        "rulebook": one.rulebook,
        "speaker": one.speaker,
        "product": one.product,
        "said": cipher.seal("screening_case.said", str(number), one.text),
        "text_hash": cipher.blind("text", one.text),
        "spans": [list(span) for span in one.spans],
        "level": 1,
        "state": CaseState.OPEN,
        "unit_id": one.unit_id,
        "author": one.author,
        "customer_id": one.customer_id,
        "external_userid": one.external_userid,
        "opened_at": at,
        "due_at": at + timedelta(hours=hours),
        "decided_by": "",
        "reason": "",
    }


async def close_moot(
    session: AsyncSession, objects: Collection[str], *, at: datetime, keep: Collection[str] = ()
) -> int:
    """The words of ``objects`` were changed or withdrawn: what is open about them is moot.

    ``keep``: keys that are about the words as they stand now.
    """
    statement = (
        update(ScreeningCase)
        .where(
            col(ScreeningCase.object).in_(list(objects)),
            col(ScreeningCase.state) == CaseState.OPEN,
            col(ScreeningCase.key).not_in(list(keep)),
        )
        .values(state=CaseState.MOOT, decided_at=at, decided_by="system:screening")
        .returning(col(ScreeningCase.id))
        .execution_options(synchronize_session=False)
    )
    return len((await session.execute(statement)).all())


async def count(session: AsyncSession, wanted: Wanted) -> int:
    """How many cases match; the same conditions as ``page``."""
    query = select(func.count()).select_from(ScreeningCase).where(*_conditions(wanted))
    return int((await session.execute(query)).scalar_one())


async def page(
    session: AsyncSession,
    wanted: Wanted,
    *,
    limit: int = 50,
    after: tuple[datetime, int] | None = None,
) -> list[Case]:
    """Cases by the end of their term: the oldest and gravest first."""
    query = select(ScreeningCase).where(*_conditions(wanted))
    if after is not None:
        query = query.where(
            tuple_(col(ScreeningCase.due_at), col(ScreeningCase.id)) > tuple_(*after)
        )
    query = query.order_by(col(ScreeningCase.due_at), col(ScreeningCase.id)).limit(limit)
    cipher = cipher_of(session)
    return [case_of(cipher, row) for row in (await session.execute(query)).scalars()]


async def one(session: AsyncSession, case_id: int, units: frozenset[str] | None = None) -> Case:
    """One case in sight of ``units``. Raises CaseUnknown."""
    row = await session.get(ScreeningCase, case_id)
    if row is None or (units is not None and row.unit_id not in units):
        raise CaseUnknown("没有这件复核，或不在你的查看范围内", do="回到复核台重新选择")
    return case_of(cipher_of(session), row)


async def about(session: AsyncSession, case: Case) -> list[Case]:
    """Every case about the same words of the same thing, for the page of any of them."""
    query = (
        select(ScreeningCase)
        .where(
            col(ScreeningCase.object) == case.object,
            col(ScreeningCase.text_hash) == case.text_hash,
        )
        .order_by(col(ScreeningCase.due_at), col(ScreeningCase.id))
    )
    cipher = cipher_of(session)
    return [case_of(cipher, row) for row in (await session.execute(query)).scalars()]


async def open_about(session: AsyncSession, things: Collection[str]) -> list[Case]:
    """What waits about any of ``things``, by number; locked until the transaction ends."""
    query = (
        select(ScreeningCase)
        .where(
            col(ScreeningCase.object).in_(list(things)),
            col(ScreeningCase.state) == CaseState.OPEN,
        )
        .order_by(col(ScreeningCase.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    cipher = cipher_of(session)
    return [case_of(cipher, row) for row in (await session.execute(query)).scalars()]


async def released(
    session: AsyncSession, customer_ids: Collection[int], since: datetime
) -> dict[tuple[int, str], frozenset[str]]:
    """The rules that were released for exact texts to customers: by customer and blind hash."""
    if not customer_ids:
        return {}
    query = select(
        col(ScreeningCase.customer_id), col(ScreeningCase.text_hash), col(ScreeningCase.rule)
    ).where(
        col(ScreeningCase.customer_id).in_(list(customer_ids)),
        col(ScreeningCase.state) == CaseState.RELEASED,
        col(ScreeningCase.source) == Source.SIDEBAR,
        col(ScreeningCase.decided_at) >= since,
    )
    found: dict[tuple[int, str], set[str]] = {}
    for customer_id, text_hash, rule in await session.execute(query):
        if customer_id is not None:
            found.setdefault((customer_id, text_hash), set()).add(rule)
    return {key: frozenset(rules) for key, rules in found.items()}


def _conditions(wanted: Wanted) -> list[Any]:
    found: list[Any] = []
    if wanted.states:
        found.append(col(ScreeningCase.state).in_(list(wanted.states)))
    elif wanted.state is not None:
        found.append(col(ScreeningCase.state) == wanted.state)
    if wanted.units is not None:
        found.append(col(ScreeningCase.unit_id).in_(sorted(wanted.units)))
    for name in ("source", "severity", "rule", "rulebook"):
        if getattr(wanted, name):
            found.append(col(getattr(ScreeningCase, name)) == getattr(wanted, name))
    if wanted.level is not None:
        found.append(col(ScreeningCase.level) == wanted.level)
    if wanted.late_at is not None:
        found.append(col(ScreeningCase.due_at) < wanted.late_at)
    if wanted.since is not None:
        decided = col(ScreeningCase.decided_at)
        found.append(or_(decided.is_(None), decided >= wanted.since))
    return found


def case_of(cipher: FieldCipher, row: ScreeningCase) -> Case:
    """A row as others may know it."""
    return Case(
        id=row.id,
        source=Source(row.source),
        object=row.object,
        rule=row.rule,
        family=row.family,
        severity=row.severity,
        rulebook=row.rulebook,
        speaker=row.speaker,
        product=row.product,
        text=cipher.open("screening_case.said", str(row.id), row.said),
        text_hash=row.text_hash,
        spans=tuple((start, end) for start, end in row.spans),
        level=row.level,
        state=CaseState(row.state),
        unit_id=row.unit_id,
        author=row.author,
        customer_id=row.customer_id,
        opened_at=row.opened_at,
        due_at=row.due_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        reason=row.reason,
    )

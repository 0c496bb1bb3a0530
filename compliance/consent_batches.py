"""Consents come in batches: one ledger entry each, whose digest binds every row of the history.

The rows of ``consent_change`` say what each customer decided; the entry says how many of which
kind came together and the SHA-256 of their content. A row that is changed, removed or slipped in
afterwards no longer fits its batch, and ``check`` names it.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.facts import ConsentFact
from compliance.models import Consent, ConsentChange
from kit.crypto import SealBroken
from kit.db import cipher_of
from kit.ledger import Entry
from kit.ledger.entries import canonical, moment_text
from kit.ledger.models import LedgerEntry
from kit.ledger.verify import Fault

RECORDED: Final = "consents.recorded"
SINGLE: Final = {True: "consent.given", False: "consent.withdrawn"}
ACTS: Final = (RECORDED, *SINGLE.values())
PAGE: Final = 5_000


def digest_of(facts: Iterable[ConsentFact]) -> str:
    """SHA-256 over the canonical lines of ``facts``, sorted, so that their order plays no part."""
    lines = sorted(
        canonical(
            {
                "customer": fact.customer_id,
                "purpose": fact.purpose,
                "given": fact.given,
                "source": fact.source,
                "notice": fact.notice,
                "at": moment_text(fact.at),
            }
        )
        for fact in facts
    )
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def batch_entry(batch: int, facts: Sequence[ConsentFact], *, actor: str, unit: str) -> Entry:
    """The ledger entry of one batch: about the customer where it is one decision, else counts."""
    payload: dict[str, Any] = {"batch": batch, "rows": len(facts), "digest": digest_of(facts)}
    if len(facts) == 1:
        [fact] = facts
        payload |= {
            "purpose": fact.purpose,
            "given": fact.given,
            "source": fact.source,
            "notice": fact.notice,
            "at": fact.at.isoformat(),
        }
        act, about, reason = SINGLE[fact.given], f"customer:{fact.customer_id}", fact.purpose
    else:
        counts = Counter((fact.purpose, fact.given) for fact in facts)
        payload["counts"] = [
            {"purpose": purpose, "given": given, "rows": number}
            for (purpose, given), number in sorted(counts.items())
        ]
        act, about, reason = RECORDED, f"consents:{batch}", ""
    return Entry(
        kind="customer", act=act, actor=actor, object=about, unit=unit, reason=reason,
        payload=payload,
    )  # fmt: skip


async def check(session: AsyncSession) -> list[Fault]:
    """Recompute every batch against its ledger entry, and what holds now against the history."""
    promised, faults = await _promised(session)
    seen: set[int] = set()
    async for batch, facts in _batches(session):
        seen.add(batch)
        if batch not in promised:
            faults.append(Fault("consent_change", batch, "inserted", "这批授权记录没有入账"))
            continue
        stream, seq, rows, digest = promised[batch]
        if len(facts) != rows or digest_of(facts) != digest:
            saying = f"入账 {rows} 条授权，现有 {len(facts)} 条" if len(facts) != rows else (
                "授权记录与入账时的摘要不符：被改写"
            )  # fmt: skip
            faults.append(Fault(stream, seq, "changed", saying))
    faults += [
        Fault(stream, seq, "missing", "入账的授权记录整批不见了")
        for batch, (stream, seq, _, _) in promised.items()
        if batch not in seen
    ]
    return faults + await _not_the_newest(session)


async def _promised(
    session: AsyncSession,
) -> tuple[dict[int, tuple[str, int, int, str]], list[Fault]]:
    """Place, number of rows and digest of every batch in the ledger."""
    cipher = cipher_of(session)
    found: dict[int, tuple[str, int, int, str]] = {}
    faults: list[Fault] = []
    query = select(col(LedgerEntry.stream), col(LedgerEntry.seq), col(LedgerEntry.payload)).where(
        col(LedgerEntry.act).in_(ACTS), col(LedgerEntry.payload).is_not(None)
    )
    for stream, seq, sealed in await session.execute(query):
        assert sealed is not None  # noqa: S101 — the query asks for those that have one
        try:
            payload = orjson.loads(
                cipher.open_bytes("ledger_entry.payload", f"{stream}#{seq}", sealed)
            )
        except SealBroken:
            faults.append(Fault(stream, seq, "payload", "正文密文被改写或挪动"))
            continue
        found[payload["batch"]] = (stream, seq, payload["rows"], payload["digest"])
    return found, faults


async def _batches(session: AsyncSession) -> Any:
    """(batch, its facts) of the whole history, one batch after the other."""
    after, held, batch = (0, 0), [], None
    while True:
        page = (
            await session.execute(
                select(
                    col(ConsentChange.batch),
                    col(ConsentChange.id),
                    col(ConsentChange.customer_id),
                    col(ConsentChange.purpose),
                    col(ConsentChange.given),
                    col(ConsentChange.source),
                    col(ConsentChange.at),
                    col(ConsentChange.notice),
                )
                .where(
                    (col(ConsentChange.batch) > after[0])
                    | ((col(ConsentChange.batch) == after[0]) & (col(ConsentChange.id) > after[1]))
                )
                .order_by(col(ConsentChange.batch), col(ConsentChange.id))
                .limit(PAGE)
            )
        ).all()
        for row in page:
            if batch is not None and row.batch != batch:
                yield batch, held
                held = []
            batch = row.batch
            held.append(ConsentFact(*row[2:]))
        if len(page) < PAGE:
            break
        after = (page[-1].batch, page[-1].id)
    if batch is not None:
        yield batch, held


async def _not_the_newest(session: AsyncSession) -> list[Fault]:
    """Consents in force that are not what the history says last."""
    rank = func.row_number().over(
        partition_by=(col(ConsentChange.customer_id), col(ConsentChange.purpose)),
        order_by=(col(ConsentChange.at).desc(), col(ConsentChange.given)),
    )
    newest = select(
        col(ConsentChange.customer_id).label("customer_id"),
        col(ConsentChange.purpose).label("purpose"),
        col(ConsentChange.given).label("given"),
        rank.label("place"),
    ).subquery()
    last = select(newest).where(newest.c.place == 1).subquery()
    query = (
        select(col(Consent.customer_id))
        .outerjoin(
            last,
            (last.c.customer_id == col(Consent.customer_id))
            & (last.c.purpose == col(Consent.purpose)),
        )
        .where(last.c.given.is_(None) | (last.c.given != col(Consent.given)))
        .distinct()
    )
    return [
        Fault("consent", customer_id, "changed", "现行授权与授权历史不符")
        for customer_id in (await session.execute(query)).scalars()
    ]

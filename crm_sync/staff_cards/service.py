"""Cards are written, certificates entered by one person and verified by another."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import StaffCard, StaffCertificate
from crm_sync.repository.staff import staff_by_id
from crm_sync.rules.licences import licence_of
from crm_sync.staff_cards.errors import (
    CardRefused,
    CertificateDecided,
    CertificateUnknown,
    OwnCertificate,
)
from crm_sync.staff_cards.rules import (
    CardFact,
    CertificateFact,
    checked_certificate,
    checked_text,
    holding,
)
from kit.clock import bank_date
from kit.db import upsert
from kit.ledger import Entry, append


async def write(
    session: AsyncSession,
    staff_id: str,
    *,
    title: str,
    specialties: Iterable[str],
    intro: str,
    portrait: str = "",
    by: str,
    at: datetime,
) -> None:
    """Write or rewrite a card. Raises CardRefused, also for somebody who is not of the staff."""
    title, skills, intro = checked_text(title, specialties, intro)
    unit = await _unit(session, staff_id)
    row = {
        "staff_id": staff_id,
        "title": title,
        "specialties": skills,
        "intro": intro,
        "portrait": portrait,
        "written_by": by,
        "written_at": at,
    }
    await upsert(session, StaffCard, [row], key=["staff_id"], update=[*row][1:])
    await _record(session, "card.written", staff_id, unit, by, at)


async def enter(
    session: AsyncSession,
    staff_id: str,
    *,
    kind: str,
    number: str,
    valid_until: date,
    issuer: str = "",
    by: str,
    at: datetime,
) -> int:
    """Enter a certificate; nothing is shown before somebody else verified it. Raises CardRefused."""
    kind, number = checked_certificate(kind, number, valid_until, bank_date(at))
    unit = await _unit(session, staff_id)
    same = select(StaffCertificate).where(
        col(StaffCertificate.staff_id) == staff_id,
        col(StaffCertificate.kind) == kind,
        col(StaffCertificate.number) == number,
    )
    row = (await session.execute(same)).scalar_one_or_none()
    if row is None:
        row = StaffCertificate(
            staff_id=staff_id, kind=kind, number=number, valid_until=valid_until,
            entered_by=by, entered_at=at,
        )  # fmt: skip
        session.add(row)
    elif row.decided_by is not None and row.verified and row.valid_until == valid_until:
        raise CardRefused("这张证书已经核实过", saw=number[-4:], do="有变化再登记")
    row.valid_until, row.entered_by, row.entered_at = valid_until, by, at
    row.issuer, row.licence = " ".join(issuer.split())[:80] or row.issuer, licence_of(kind)
    row.decided_by, row.decided_at, row.verified, row.opinion = None, None, False, ""
    await session.flush()
    await _record(session, "certificate.entered", staff_id, unit, by, at, reason=kind)
    return int(row.id or 0)


async def decide(
    session: AsyncSession,
    certificate_id: int,
    *,
    verified: bool,
    opinion: str,
    by: str,
    at: datetime,
) -> None:
    """A second person compares with the original and says so.

    Raises CertificateUnknown, CertificateDecided, OwnCertificate, CardRefused without an opinion.
    """
    query = (
        select(StaffCertificate).where(col(StaffCertificate.id) == certificate_id).with_for_update()
    )
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise CertificateUnknown("没有这张证书", do="刷新页面后从列表里选")
    if row.decided_by is not None:
        raise CertificateDecided("这张证书已经有人核实", saw=row.decided_by, do="刷新页面")
    if by in (row.entered_by, f"staff:{row.staff_id}"):
        raise OwnCertificate("不能核实自己的、或自己登记的证书", do="请另一位同事核实")
    words = " ".join(opinion.split())
    if len(words) < 2:
        raise CardRefused("请写明怎样核实的", saw=words, do="例如：已在协会网站查到，一致")
    row.decided_by, row.decided_at, row.verified, row.opinion = by, at, verified, words[:200]
    await session.flush()
    unit = await _unit(session, row.staff_id)
    act = "certificate.verified" if verified else "certificate.refused"
    await _record(session, act, row.staff_id, unit, by, at, reason=words[:200])


async def owner_of(session: AsyncSession, certificate_id: int) -> str:
    """Whose certificate it is. Raises CertificateUnknown."""
    query = select(col(StaffCertificate.staff_id)).where(col(StaffCertificate.id) == certificate_id)
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise CertificateUnknown("没有这张证书", do="刷新页面后从列表里选")
    return found


async def certificates(
    session: AsyncSession, staff_ids: Sequence[str]
) -> dict[str, list[CertificateFact]]:
    """Every certificate of these people, the newest first."""
    query = (
        select(StaffCertificate)
        .where(col(StaffCertificate.staff_id).in_(list(staff_ids)))
        .order_by(col(StaffCertificate.id).desc())
        .execution_options(populate_existing=True)
    )
    found: dict[str, list[CertificateFact]] = {}
    for row in (await session.execute(query)).scalars():
        fact = CertificateFact(
            int(row.id or 0), row.staff_id, row.kind, row.number, row.valid_until,
            row.entered_by, row.decided_by, row.decided_at, row.verified, row.issuer, row.licence,
        )  # fmt: skip
        found.setdefault(row.staff_id, []).append(fact)
    return found


async def cards(
    session: AsyncSession, today: date, *, staff_ids: Sequence[str] | None = None
) -> list[CardFact]:
    """Cards with the certificates that hold today, by staff number; ``staff_ids`` None: all."""
    query = select(StaffCard).order_by(col(StaffCard.staff_id))
    if staff_ids is not None:
        query = query.where(col(StaffCard.staff_id).in_(list(staff_ids)))
    rows = (await session.execute(query.execution_options(populate_existing=True))).scalars().all()
    numbers = [row.staff_id for row in rows]
    people = await staff_by_id(session, numbers)
    held = await certificates(session, numbers)
    return [
        CardFact(
            staff_id=row.staff_id,
            name=people[row.staff_id].name,
            unit_id=people[row.staff_id].unit_id,
            active=people[row.staff_id].active,
            title=row.title,
            specialties=tuple(row.specialties),
            intro=row.intro,
            portrait=row.portrait,
            certificates=holding(held.get(row.staff_id, ()), today),
        )
        for row in rows
        if row.staff_id in people
    ]


async def shown(session: AsyncSession, staff_id: str, today: date) -> CardFact | None:
    """The card that customers may see today; None where a certificate is missing or over."""
    found = await cards(session, today, staff_ids=[staff_id])
    return found[0] if found and found[0].shown else None


async def _unit(session: AsyncSession, staff_id: str) -> str:
    found = (await staff_by_id(session, [staff_id])).get(staff_id)
    if found is None:
        raise CardRefused("没有这位员工", saw=staff_id[:40], do="核对工号")
    return found.unit_id


async def _record(
    session: AsyncSession, act: str, staff_id: str, unit: str, by: str, at: datetime,
    *, reason: str = "",
) -> None:  # fmt: skip
    entry = Entry(
        kind="content", act=act, actor=by, object=f"staff:{staff_id}", unit=unit, reason=reason
    )
    await append(session, [entry], at=at)

"""Whoever looks leaves a trace: the ledger entry of a view, an unmasking, an export."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from archive.facts import Viewing
from kit import ledger
from kit.web.guard import Asking


async def looked(
    session: AsyncSession,
    asking: Asking,
    act: str,
    about: str,
    *,
    unit: str = "",
    reason: str = "",
    payload: Mapping[str, Any] | None = None,
) -> str:
    """Record that the asking person saw ``about``; returns the entry's place for the page.

    ``act`` is a past tense such as ``customers.listed``; ids and query stand in ``payload``.
    """
    [place] = await ledger.append(
        session,
        [
            ledger.Entry(
                kind="access",
                act=act,
                actor=asking.actor,
                object=about[:160],
                unit=unit or asking.viewer.unit_id or "hq",
                reason=reason[:400],
                request_id=asking.request_id,
                payload={"role": asking.viewer.role, **(payload or {})},
            )
        ],
        at=asking.at,
    )
    return place


def viewing(asking: Asking, reason: str = "") -> Viewing:
    """The asking person as the archive records a look."""
    return Viewing(
        actor=asking.actor,
        unit=asking.viewer.unit_id or "hq",
        reason=reason[:400],
        request_id=asking.request_id,
    )

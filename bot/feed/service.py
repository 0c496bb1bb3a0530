"""A batch from its envelope to its answer: kept, then imported, then answered the same for ever."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.feed.errors import KindNotAllowed
from bot.feed.keeping import (
    Answer,
    Arrived,
    answer_of,
    close,
    give_back,
    keep,
    lease_oldest,
    waiting,
)
from bot.feed.models import BatchState
from bot.feed.reading import BatchOpening, read_body
from bot.feed.signing import Envelope, Keys
from crm_sync.imports import (
    LAYOUTS,
    ImportReport,
    LandComplaints,
    LandConsents,
    LandTouches,
    Wanted,
    import_rows,
)
from crm_sync.imports.errors import AnotherImport, KindUnknown
from kit import log
from kit.db import Database
from kit.errors import AppError
from kit.tabular import Limits

_log = log.get(__name__)
ACTOR: Final = "system:feed"


@dataclass(frozen=True)
class Feed:
    """What batches need: where they go, whose keys are good, how much one may bring."""

    database: Database
    keys: Keys
    kinds: Mapping[str, tuple[str, ...]]
    limits: Limits
    max_bytes: int
    max_rows: int
    clock_seconds: int
    land_consents: LandConsents
    land_touches: LandTouches
    land_complaints: LandComplaints
    clock: Callable[[], datetime]
    _turns: dict[str, asyncio.Lock] = field(default_factory=dict, repr=False)

    async def take(self, envelope: Envelope, kind: str, body: bytes) -> Answer:
        """Keep a batch, import what waits up to it, answer.

        Raises KindUnknown, KindNotAllowed and BatchReused; whatever is wrong with the rows is
        the batch's answer, and stays it.
        """
        if kind not in LAYOUTS:
            raise KindUnknown("没有这种数据", saw=kind[:40], do=f"可推送：{'、'.join(LAYOUTS)}")
        allowed = self.kinds.get(envelope.system, ())
        if kind not in allowed:
            raise KindNotAllowed(
                "这个系统没有获准推送这种数据",
                saw=kind,
                where=f"GENGYUN_FEEDS__{envelope.system.upper()}__KINDS",
                do=f"现在可推送：{'、'.join(allowed) or '无'}",
            )
        digest = hashlib.sha256(body).hexdigest()
        arrived = Arrived(
            system=envelope.system,
            batch_id=envelope.batch_id,
            kind=kind,
            digest=self.database.cipher.blind("feed_batch.body", digest),
            body=body,
            at=self.clock(),
        )
        async with self.database.transaction() as session:
            answer = await keep(session, arrived)
        if answer.state is not BatchState.RECEIVED:
            return answer
        await self.work_off(envelope.system, kind, upto=envelope.batch_id)
        async with self.database.reading() as session:
            return await answer_of(session, envelope.system, envelope.batch_id)

    async def work_off(self, system: str, kind: str, *, upto: str | None = None) -> int:
        """Import the waiting batches of a system and kind in their order; how many were closed.

        Imports of one kind take turns, because each compares with what the one before left.
        """
        async with self._turns.setdefault(kind, asyncio.Lock()):
            return await self._work_off(system, kind, upto)

    async def _work_off(self, system: str, kind: str, upto: str | None) -> int:
        number = 0
        while True:
            async with self.database.transaction() as session:
                leased = await lease_oldest(session, system, kind, self.clock())
            if leased is None or not await self._import(system, kind, *leased):
                return number
            number += 1
            if leased[0] == upto:
                return number

    async def work_off_all(self) -> int:
        """Import whatever waits: batches whose process ended before it answered."""
        async with self.database.reading() as session:
            found = await waiting(session)
        return sum([await self.work_off(system, kind) for system, kind in found])

    async def _import(self, system: str, kind: str, batch_id: str, content: bytes) -> bool:
        """Import one batch and close it; False where it has to wait."""

        async def also(session: AsyncSession, report: ImportReport) -> None:
            answer = Answer(BatchState.APPLIED, 200, _applied(batch_id, report))
            await close(session, system, batch_id, answer, run_id=report.run_id, at=self.clock())

        try:
            body = await asyncio.to_thread(read_body, content, self.max_rows)
            await import_rows(
                self.database,
                kind,
                BatchOpening(system, batch_id, body),
                wanted=Wanted(partial=not body.whole),
                by=ACTOR,
                at=self.clock(),
                limits=self.limits,
                land_consents=self.land_consents,
                land_touches=self.land_touches,
                land_complaints=self.land_complaints,
                also=also,
            )
        except AnotherImport:
            await self._give_back(system, batch_id, blameless=True)
            return False
        except AppError as refusal:
            answer = Answer(
                BatchState.REFUSED,
                refusal.status if refusal.status < 500 else 422,
                {"batch": batch_id, "state": "refused", "error": refusal.as_dict()},
            )
            number = refusal.facts.get("run")
            run_id = number if isinstance(number, int) else None
            async with self.database.transaction() as session:
                await close(session, system, batch_id, answer, run_id=run_id, at=self.clock())
        except Exception as error:
            _log.error("feed.failed", system=system, batch=batch_id, error=type(error).__name__)
            await self._give_back(system, batch_id)
            return False
        return True

    async def _give_back(self, system: str, batch_id: str, *, blameless: bool = False) -> None:
        async with self.database.transaction() as session:
            await give_back(session, system, batch_id, at=self.clock(), blameless=blameless)


def _applied(batch_id: str, report: ImportReport) -> dict[str, Any]:
    """The answer: counts, and each row that was not taken with its reason; never its cells."""
    return {
        "batch": batch_id,
        "state": "applied",
        "run": report.run_id,
        "counts": report.counts.as_dict(),
        "sha256": report.sha256,
        "rejects": [
            {"row": one.line, "code": str(one.code), "column": one.column, "reason": one.reason}
            for one in report.rejects
        ],
        "notes": list(report.notes),
    }

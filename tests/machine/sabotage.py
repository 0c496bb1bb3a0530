"""Products with one guard off: the machine must find each, or it is worth nothing."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import text

from tests.machine.house import House


class ResendsInDoubt(House):
    """Whatever has no trustworthy answer is simply sent again."""

    async def job(self, name: str) -> None:
        if name != "lookup":
            await super().job(name)
            return
        async with self.meddling() as session:
            await session.execute(
                text(
                    "UPDATE outbox SET state = 'queued', leased_until = NULL"
                    " WHERE state IN ('unknown', 'sending')"
                )
            )


class ForgetsWhoSaidNo(House):
    """A refusal is lost as soon as it was written down."""

    async def dispatch(self, *, beside: timedelta | None = None) -> None:
        async with self.meddling() as session:
            await session.execute(text("DELETE FROM suppression"))
            await session.execute(text("UPDATE consent SET given = :yes"), {"yes": True})
            await session.execute(
                text(
                    "UPDATE broadcast_recipient SET state = 'planned' WHERE state = 'withdrawn'"
                    " AND broadcast_id IN (SELECT id FROM broadcast WHERE state = 'queued')"
                )
            )
        await super().dispatch(beside=beside)


class ForgetsWhatWasSaid(House):
    """No use of a quota is remembered."""

    async def dispatch(self, *, beside: timedelta | None = None) -> None:
        await super().dispatch(beside=beside)
        async with self.meddling() as session:
            await session.execute(text("DELETE FROM quota_slot"))


SABOTAGED: Final[Mapping[str, type[House]]] = {
    "sends again in doubt": ResendsInDoubt,
    "forgets who said no": ForgetsWhoSaidNo,
    "forgets what was said": ForgetsWhatWasSaid,
}

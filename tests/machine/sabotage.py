"""Products with one guard off: the machine must find each, or it is worth nothing."""

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

"""Whom a trigger's turn is about on a day: the selection that its policy names, with its limits."""

from collections.abc import AsyncIterator, Sequence
from datetime import date

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from config.reminder_policy import MarketEvent, Trigger
from crm_sync import net_values, turning_points
from crm_sync.facts import Turn
from reminders.turns import FEN, concerned, regular


async def turns(
    session: AsyncSession,
    trigger: Trigger,
    on: date,
    *,
    edges: Sequence[int] = (),
    market: Sequence[MarketEvent] = (),
) -> AsyncIterator[list[Turn]]:
    """Pages of turns on the watched day ``on``. ``edges``: where tiers begin, in 分."""
    async for page in _selected(session, trigger, on, edges, market):
        found = [turn for turn in page if concerned(trigger, turn)]
        if trigger.select == "outflow":
            found = [turn for turn in found if regular(turn.moves, trigger.limits)]
        if found:
            yield found


async def _selected(
    session: AsyncSession,
    trigger: Trigger,
    on: date,
    edges: Sequence[int],
    market: Sequence[MarketEvent],
) -> AsyncIterator[list[Turn]]:
    limits = trigger.limits
    from_fen = limits.from_yuan * FEN
    match trigger.select:
        case "newcomers":
            async for page in turning_points.opened(session, on=on):
                yield page
        case "events":
            async for page in turning_points.events(session, on=on, kinds=trigger.kinds):
                yield page
        case "anniversaries":
            async for page in turning_points.anniversaries(session, on=on, kinds=trigger.kinds):
                yield page
        case "near_tier":
            for edge in edges:
                async for page in turning_points.near_tier(
                    session,
                    day=on,
                    edge_fen=edge,
                    within_percent=limits.within_percent,
                    every_days=limits.every_days,
                ):
                    yield page
        case "quiet":
            async for page in turning_points.quiet(
                session, day=on, activities=limits.activities, every_days=limits.every_days
            ):
                yield page
        case "outflow":
            async for page in turning_points.leaving(
                session,
                day=on,
                fresh_days=limits.fresh_days,
                window_days=limits.window_days,
                times=limits.times,
                from_fen=from_fen,
            ):
                yield page
        case "allocation":
            async for page in net_values.risky(
                session,
                day=on,
                from_fen=from_fen,
                risky_from=limits.risky_from,
                most_percent=limits.most_percent,
                every_days=limits.every_days,
            ):
                yield page
        case "review":
            async for page in net_values.due_for_review(
                session, day=on, from_fen=from_fen, every_days=limits.every_days
            ):
                yield page
        case "season":
            quarter = (on.month + 2) // 3
            async for page in net_values.due_for_review(
                session, day=on, from_fen=from_fen, every_days=limits.every_days
            ):
                ref, note = f"{on.year}q{quarter}", f"{quarter} 季度"
                yield [replace(turn, ref=ref, note=note) for turn in page]
        case "market_event":
            for event in market:
                if event.on == on:
                    async for page in net_values.holding_kinds(
                        session, day=on, kinds=event.kinds, from_fen=from_fen
                    ):
                        yield [replace(turn, note=event.title) for turn in page]

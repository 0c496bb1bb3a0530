"""POST /_sim/clock: freeze, thaw, advance, shift."""

from datetime import UTC, datetime

from simulator.wecom.clock import SimClock, shanghai
from simulator.wecom.control.kit import BadOrderError, Order
from simulator.wecom.errors import Json


class ClockOrder(Order):
    """``freeze`` true or an instant (seconds, or ISO 8601 with offset); ``advance_s`` comes last."""

    freeze: bool | float | str | None = None
    offset_s: float | None = None
    advance_s: float | None = None


def set_clock(clock: SimClock, order: ClockOrder) -> Json:
    """Apply an order and show the clock."""
    if order.offset_s is not None:
        clock.set_offset(order.offset_s)
    if order.freeze is False:
        clock.thaw()
    elif order.freeze is True:
        clock.freeze()
    elif order.freeze is not None:
        clock.freeze(_instant(order.freeze))
    if order.advance_s is not None:
        clock.advance(order.advance_s)
    return show_clock(clock)


def show_clock(clock: SimClock) -> Json:
    """Now, in seconds and as UTC and Shanghai wall clock."""
    now = clock.now()
    return {
        "now": now,
        "utc": datetime.fromtimestamp(now, UTC).isoformat(),
        "shanghai": shanghai(now).isoformat(),
        "frozen": clock.frozen,
    }


def _instant(value: float | str) -> float:
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise BadOrderError(f"freeze: {value!r} is not ISO 8601") from None
        if moment.tzinfo is None:
            raise BadOrderError(f"freeze: {value!r} needs an offset, for example +08:00")
        return moment.timestamp()
    return float(value)

"""Row ids that any process makes alone: 63 bits, rising with time, never a sequence to guess by.

42 bits of milliseconds since 2020, 9 bits of a random process number, 12 bits of a counter.
A process never makes the same id twice, also when it needs more than 4,096 in a millisecond
(it borrows from the next one).
"""

import secrets
import threading
import time

_EPOCH_MS = 1_577_836_800_000
_COUNTER_BITS = 12
_NODE_BITS = 9
_NODE = secrets.randbelow(1 << _NODE_BITS)
_lock = threading.Lock()
_last = 0


def new_id() -> int:
    """A new row id of this process."""
    global _last
    present = (time.time_ns() // 1_000_000 - _EPOCH_MS) << _COUNTER_BITS
    with _lock:
        _last = max(present, _last + 1)
        tick = _last
    high, low = tick >> _COUNTER_BITS, tick & ((1 << _COUNTER_BITS) - 1)
    return (high << (_NODE_BITS + _COUNTER_BITS)) | (_NODE << _COUNTER_BITS) | low

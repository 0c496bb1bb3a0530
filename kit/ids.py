"""Row ids that any process makes alone: 63 bits, rising with time, never a sequence to guess by.

41 bits of milliseconds since 2020 (until 2089), 13 bits of a process number drawn by chance, 9 bits
of a counter that begins each millisecond at a chance place. A process never makes the same id
twice, also when it needs more than 256 in a millisecond (it borrows from the next one). A process
that was forked draws a number of its own, because it would repeat its parent's ids otherwise.
"""

import os
import secrets
import threading
import time

_EPOCH_MS = 1_577_836_800_000
_COUNTER_BITS = 9
_NODE_BITS = 13
_lock = threading.Lock()
_node = secrets.randbelow(1 << _NODE_BITS)
_last = 0


def new_id() -> int:
    """A new row id of this process."""
    global _last
    present = (time.time_ns() // 1_000_000 - _EPOCH_MS) << _COUNTER_BITS
    with _lock:
        if present > _last:
            # Because two processes may have drawn one number, the first of a millisecond is chance.
            _last = present | secrets.randbelow(1 << (_COUNTER_BITS - 1))
        else:
            _last += 1
        tick = _last
    high, low = tick >> _COUNTER_BITS, tick & ((1 << _COUNTER_BITS) - 1)
    return (high << (_NODE_BITS + _COUNTER_BITS)) | (_node << _COUNTER_BITS) | low


def _forked() -> None:
    """The child's own number, and a lock that no thread of the parent holds."""
    global _node, _lock
    _node = secrets.randbelow(1 << _NODE_BITS)
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_forked)

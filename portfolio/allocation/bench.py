"""The people who may receive, always the least loaded first; grows as customers are given."""

import heapq
from collections.abc import Callable, Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet

from crm_sync.facts import Seat


class Bench:
    """Seats with loads that rise while a plan is made. ``cap`` 0 is no bound.

    A pool is some of the seats under a name; it is a heap whose entries are put right when they
    come to the top, so that a hundred thousand choices cost a logarithm each.
    """

    def __init__(self, seats: Sequence[Seat], *, cap: int = 0) -> None:
        self.seats = {seat.staff_id: seat for seat in seats}
        self._load = {seat.staff_id: seat.load for seat in seats}
        self._given = dict.fromkeys(self.seats, 0)  # assets given by this plan, in 分
        self._cap = cap
        self._pools: dict[Hashable, list[tuple[int, int, str]]] = {}

    def load(self, staff_id: str) -> int:
        """How many customers this person has by now."""
        return self._load[staff_id]

    def full(self, staff_id: str) -> bool:
        """Whether this person can take nobody more."""
        return 0 < self._cap <= self._load[staff_id]

    def free(self, staff_id: str | None) -> None:
        """A customer of this person is to be given anew."""
        if staff_id in self._load:
            self._load[staff_id] -= 1
            self._pools.clear()  # an entry that is too high would never come to the top

    def give(self, staff_id: str, fen: int | None) -> None:
        """This person takes one more customer with assets ``fen``."""
        if staff_id in self._load:
            self._load[staff_id] += 1
            self._given[staff_id] += fen or 0

    def least(
        self,
        pool: Hashable,
        members: Callable[[], Iterable[Seat]],
        without: AbstractSet[str] = frozenset(),
    ) -> Seat | None:
        """The person of a pool with the fewest customers (then assets, then staff id), or None.

        ``members`` is asked once, when the pool is new; ``without`` are passed over this time.
        """
        heap = self._pools.get(pool)
        if heap is None:
            heap = [self._entry(seat.staff_id) for seat in members()]
            heapq.heapify(heap)
            self._pools[pool] = heap
        aside: list[tuple[int, int, str]] = []
        found: Seat | None = None
        while heap:
            staff_id = heap[0][2]
            if heap[0] != self._entry(staff_id):
                heapq.heapreplace(heap, self._entry(staff_id))
            elif self.full(staff_id):
                break  # the least loaded is full: so is everybody
            elif staff_id in without:
                aside.append(heapq.heappop(heap))
            else:
                found = self.seats[staff_id]
                break
        for entry in aside:
            heapq.heappush(heap, entry)
        return found

    def _entry(self, staff_id: str) -> tuple[int, int, str]:
        return self._load[staff_id], self._given[staff_id], staff_id

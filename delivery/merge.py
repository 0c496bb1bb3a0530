"""One customer, one day: candidates of all features become what is said, by priority."""

from collections import Counter
from collections.abc import Mapping, Sequence

from delivery.intents import Intent


def merged(
    intents: Sequence[Intent], *, order: Sequence[str], most: Mapping[str, int]
) -> tuple[list[Intent], list[Intent]]:
    """Of one customer's candidates of a day: (those that are said, those outranked).

    Purposes rank by ``order`` (service, care, sale), then by priority, then by due date and
    key, so the result does not depend on who submitted first. ``most`` caps each purpose and
    the ``total``.
    """
    rank = {purpose: at for at, purpose in enumerate(order)}
    ordered = sorted(
        intents,
        key=lambda one: (rank.get(one.purpose, len(rank)), one.priority, one.due_on, one.key),
    )
    said: list[Intent] = []
    outranked: list[Intent] = []
    used: Counter[str] = Counter()
    for intent in ordered:
        fits = used[intent.purpose] < most.get(intent.purpose, 1) and used["total"] < most.get(
            "total", len(ordered)
        )
        if fits:
            said.append(intent)
            used[intent.purpose] += 1
            used["total"] += 1
        else:
            outranked.append(intent)
    return said, outranked

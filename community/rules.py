"""What is not as it should be with a group."""

from community.facts import Flag, Surroundings

OWNER_LEFT = 1


def flags(
    *,
    chat_id: str,
    owner: str,
    status: int,
    staff_members: int,
    registered: bool,
    around: Surroundings,
) -> tuple[Flag, ...]:
    """Every flag of a group, in a fixed order.

    A group whose owner is no member of staff, or from which nothing is archived, is a talk with
    customers that the bank does not see (mission G5).
    """
    found: dict[Flag, bool] = {
        "owner_unknown": around.staff is not None and owner not in around.staff,
        "owner_left": status == OWNER_LEFT,
        "no_staff": staff_members == 0,
        "not_archived": around.archived is not None and chat_id not in around.archived,
        "unregistered": not registered,
    }
    return tuple(flag for flag, raised in found.items() if raised)

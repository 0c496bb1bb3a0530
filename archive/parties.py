"""Who takes part in a message, and which conversation it belongs to."""

import hashlib
import re
from collections.abc import Sequence
from typing import Final, Literal

Kind = Literal["staff", "customer", "bot"]

_CUSTOMER: Final = re.compile(r"w[mo][A-Za-z0-9_-]{20,}")
_BOT: Final = re.compile(r"wb[A-Za-z0-9_-]{20,}")


def kind_of(person: str) -> Kind:
    """Whether an id is a member's userid, a customer's ``wo…``/``wm…`` or a bot's ``wb…``.

    The long tail is asked for because a member may well be called ``wolf`` [91774].
    """
    if _CUSTOMER.fullmatch(person):
        return "customer"
    return "bot" if _BOT.fullmatch(person) else "staff"


def plain_id(person: str) -> str:
    """The id as we keep it: userids in lower case, because WeCom does not tell cases apart."""
    return person.lower() if kind_of(person) == "staff" else person


def talk_of(room_id: str, sender: str, recipients: Sequence[str]) -> str:
    """The conversation: the group, else the pair in alphabetical order, else a hash of all."""
    if room_id:
        return room_id
    people = sorted({sender, *recipients})
    if len(people) <= 2 and sum(map(len, people)) < 150:
        return "|".join(people)
    return "many:" + hashlib.sha256("|".join(people).encode()).hexdigest()[:32]

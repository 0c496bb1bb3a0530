"""Where community keeps data about a person, and what an erasure does to it."""

from typing import Final

from kit.personal_data import Fate, Holds

PERSONAL: Final = (
    Holds("group_member", "客户群成员", Fate.ERASE, sealed={"nickname": "{chat_id}/{member_id}"}),
    Holds(
        "group_event",
        "进群与退群",
        Fate.ERASE,
        sealed={"detail": "{chat_id}/{act}/{member_id}"},
    ),
)

"""Contact ways (联系我, 渠道活码): QR codes and buttons that lead to members (official page 92228).

What the API made is not shown in the console: a lost ``config_id`` is a code that nobody can edit.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from wecom import limits
from wecom.answers import Answer, Page, follow
from wecom.client import Caller
from wecom.errors import Rejected

_SINGLE: Final = 1
_MULTIPLE: Final = 2
_MINI_PROGRAM: Final = 1
_QR: Final = 2


@dataclass(frozen=True, slots=True)
class ContactWay:
    """What a contact way is to be. One member makes it single, several or departments multiple.

    ``state`` travels in the code and comes back in events and follows: an id of ours, never a
    personal datum.
    """

    staff_ids: tuple[str, ...] = ()
    department_ids: tuple[int, ...] = ()
    state: str = ""
    remark: str = field(default="", repr=False)
    skip_verify: bool = True
    exclusive: bool = False
    in_mini_program: bool = False
    style: int = 1
    """The look of the button in a mini program, 1 to 3; a QR code has none."""

    def __post_init__(self) -> None:
        limits.at_most("联系我的成员", self.staff_ids, 100)
        limits.not_empty("联系我的成员", self.staff_ids or self.department_ids)
        limits.at_most_chars("联系我的渠道标识 state", self.state, 30)
        limits.at_most_chars("联系我的备注", self.remark, 30)
        if self.style not in (1, 2, 3):
            raise Rejected("联系我的样式", "style must be 1, 2 or 3")

    @property
    def single(self) -> bool:
        return len(self.staff_ids) == 1 and not self.department_ids

    def as_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": _SINGLE if self.single else _MULTIPLE,
            "scene": _MINI_PROGRAM if self.in_mini_program else _QR,
            "remark": self.remark,
            "skip_verify": self.skip_verify,
            "state": self.state,
            "user": list(self.staff_ids),
            "is_exclusive": self.exclusive,
        }
        if self.department_ids:
            body["party"] = list(self.department_ids)
        if self.in_mini_program:
            body["style"] = self.style
        return body


@dataclass(frozen=True, slots=True)
class MadeWay:
    """A new contact way; ``qr_code`` is the address of its picture, '' in a mini program."""

    config_id: str
    qr_code: str


@dataclass(frozen=True, slots=True)
class FoundWay:
    """A contact way as WeCom has it."""

    config_id: str
    staff_ids: tuple[str, ...]
    department_ids: tuple[int, ...]
    state: str
    remark: str = field(repr=False)
    skip_verify: bool
    qr_code: str


async def add(client: Caller, way: ContactWay) -> MadeWay:
    """Make a contact way. Not repeatable: a second call makes a second code."""
    path = "externalcontact/add_contact_way"
    answer = Answer(path, await client.call(path, way.as_json(), idempotent=False))
    return MadeWay(answer.need("config_id"), answer.text("qr_code"))


async def get(client: Caller, config_id: str) -> FoundWay:
    path = "externalcontact/get_contact_way"
    answer = Answer(path, await client.call(path, {"config_id": config_id}, idempotent=True))
    way = answer.need_child("contact_way")
    return FoundWay(
        config_id=way.need("config_id"),
        staff_ids=way.strings("user"),
        department_ids=way.integers("party"),
        state=way.text("state"),
        remark=way.text("remark"),
        skip_verify=way.flag("skip_verify"),
        qr_code=way.text("qr_code"),
    )


def ids(
    client: Caller,
    cursor: str = "",
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 1000,
) -> AsyncIterator[Page[str]]:
    """Yield pages of config ids; without ``since`` WeCom shows the last 90 days only."""
    path = "externalcontact/list_contact_way"

    async def fetch(at: str) -> Page[str]:
        body: dict[str, Any] = {"cursor": at, "limit": limit}
        if since is not None:
            body["start_time"] = int(since.timestamp())
        if until is not None:
            body["end_time"] = int(until.timestamp())
        answer = Answer(path, await client.call(path, body, idempotent=True))
        found = tuple(one.need("config_id") for one in answer.objects("contact_way"))
        return Page(found, answer.text("next_cursor"))

    return follow(fetch, cursor)


async def update(client: Caller, config_id: str, way: ContactWay) -> None:
    """Overwrite members, departments, remark and state; type, scene and exclusiveness cannot change."""
    body = {"config_id": config_id, "party": [], **way.as_json()}
    for fixed in ("type", "scene", "is_exclusive"):
        del body[fixed]
    await client.call("externalcontact/update_contact_way", body, idempotent=True)


async def delete(client: Caller, config_id: str) -> None:
    await client.call("externalcontact/del_contact_way", {"config_id": config_id}, idempotent=True)

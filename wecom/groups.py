"""Customer groups, their members, and the ways to join them (pages 92120, 92122, 92229, 94822)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from wecom import limits
from wecom.answers import Answer, Page, follow
from wecom.client import Caller

STAFF: Final = 1
EXTERNAL: Final = 2


@dataclass(frozen=True, slots=True)
class GroupListed:
    """A group in the list. ``status``: 0 followed, 1 owner left, 2 being inherited, 3 inherited."""

    chat_id: str
    status: int


@dataclass(frozen=True, slots=True)
class GroupMember:
    """Who is in a group. ``kind``: 1 staff, 2 external; ``join_scene``: 1 invited, 2 link, 3 QR."""

    member_id: str
    kind: int | None
    joined_at: datetime | None
    join_scene: int | None
    invited_by: str
    state: str
    name: str = field(repr=False)
    group_nickname: str = field(repr=False)
    unionid: str = field(repr=False)

    @property
    def is_external(self) -> bool:
        return self.kind == EXTERNAL


@dataclass(frozen=True, slots=True)
class Group:
    """A customer group. ``member_version`` is what events chain on; '' where WeCom sends none."""

    chat_id: str
    name: str = field(repr=False)
    owner: str
    created_at: datetime | None
    notice: str = field(repr=False)
    members: tuple[GroupMember, ...]
    admins: tuple[str, ...]
    member_version: str


@dataclass(frozen=True, slots=True)
class JoinWay:
    """A QR code that leads into up to five groups; it follows to a new one when they are full."""

    chat_ids: tuple[str, ...]
    state: str = ""
    remark: str = field(default="", repr=False)
    auto_create: bool = True
    base_name: str = ""
    base_number: int = 1
    in_mini_program: bool = False

    def __post_init__(self) -> None:
        limits.not_empty("入群方式的群", self.chat_ids)
        limits.at_most("入群方式的群", self.chat_ids, 5)
        limits.at_most_chars("入群方式的渠道标识 state", self.state, 30)
        limits.at_most_chars("入群方式的备注", self.remark, 30)
        limits.at_most_chars("新建群的名称", self.base_name, 40)

    def as_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "scene": 1 if self.in_mini_program else 2,
            "remark": self.remark,
            "auto_create_room": int(self.auto_create),
            "chat_id_list": list(self.chat_ids),
            "state": self.state,
        }
        if self.auto_create and self.base_name:
            body |= {"room_base_name": self.base_name, "room_base_id": self.base_number}
        return body


@dataclass(frozen=True, slots=True)
class FoundJoinWay:
    """A join way as WeCom has it."""

    config_id: str
    chat_ids: tuple[str, ...]
    state: str
    qr_code: str


def pages(
    client: Caller,
    cursor: str = "",
    *,
    owners: Sequence[str] = (),
    status: int = 0,
    limit: int = 1000,
) -> AsyncIterator[Page[GroupListed]]:
    """Yield pages of groups. Without owners and with over 1000 visible members WeCom says 81017."""
    limits.at_most("群主", owners, 100)
    path = "externalcontact/groupchat/list"

    async def fetch(at: str) -> Page[GroupListed]:
        body: dict[str, Any] = {"status_filter": status, "cursor": at, "limit": limit}
        if owners:
            body["owner_filter"] = {"userid_list": list(owners)}
        answer = Answer(path, await client.call(path, body, idempotent=True))
        found = tuple(
            GroupListed(one.need("chat_id"), one.count("status"))
            for one in answer.objects("group_chat_list")
        )
        return Page(found, answer.text("next_cursor"))

    return follow(fetch, cursor)


async def get(client: Caller, chat_id: str, *, with_names: bool = True) -> Group:
    """Return one group; RelationGone (49008) when it was dismissed. Lags events by about 2 s."""
    path = "externalcontact/groupchat/get"
    body = {"chat_id": chat_id, "need_name": int(with_names)}
    answer = Answer(path, await client.call(path, body, idempotent=True)).need_child("group_chat")
    return Group(
        chat_id=answer.need("chat_id"),
        name=answer.text("name"),
        owner=answer.text("owner"),
        created_at=answer.moment("create_time"),
        notice=answer.text("notice"),
        members=tuple(
            GroupMember(
                member_id=one.need("userid"),
                kind=one.integer("type"),
                joined_at=one.moment("join_time"),
                join_scene=one.integer("join_scene"),
                invited_by=one.child("invitor").text("userid"),
                state=one.text("state"),
                name=one.text("name"),
                group_nickname=one.text("group_nickname"),
                unionid=one.text("unionid"),
            )
            for one in answer.objects("member_list")
        ),
        admins=tuple(one.need("userid") for one in answer.objects("admin_list")),
        member_version=answer.text("member_version"),
    )


async def chat_id_of(client: Caller, opengid: str) -> str:
    """Return the chat id behind a mini program's opengid (94822)."""
    path = "externalcontact/opengid_to_chatid"
    answer = await client.call(path, {"opengid": opengid}, idempotent=True)
    return Answer(path, answer).need("chat_id")


async def add_join_way(client: Caller, way: JoinWay) -> str:
    """Make a join way and return its config id. Not repeatable: a second call makes a second."""
    path = "externalcontact/groupchat/add_join_way"
    return Answer(path, await client.call(path, way.as_json(), idempotent=False)).need("config_id")


async def get_join_way(client: Caller, config_id: str) -> FoundJoinWay:
    path = "externalcontact/groupchat/get_join_way"
    answer = Answer(path, await client.call(path, {"config_id": config_id}, idempotent=True))
    way = answer.need_child("join_way")
    return FoundJoinWay(
        config_id=way.need("config_id"),
        chat_ids=way.strings("chat_id_list"),
        state=way.text("state"),
        qr_code=way.text("qr_code"),
    )


async def update_join_way(client: Caller, config_id: str, way: JoinWay) -> None:
    """Overwrite the whole join way."""
    body = {"config_id": config_id, **way.as_json()}
    await client.call("externalcontact/groupchat/update_join_way", body, idempotent=True)


async def delete_join_way(client: Caller, config_id: str) -> None:
    await client.call(
        "externalcontact/groupchat/del_join_way", {"config_id": config_id}, idempotent=True
    )

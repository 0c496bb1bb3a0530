"""Corp tags and their marks on pairs of member and contact (official pages 92117, 92118).

An app may edit and delete only tags that it made; those of the console are read-only for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from wecom import limits
from wecom.answers import Answer
from wecom.client import Caller
from wecom.errors import Rejected

_MAX_ORDER: Final = 2**32


@dataclass(frozen=True, slots=True)
class Tag:
    """A corp tag. A larger ``order`` stands first."""

    tag_id: str
    name: str
    order: int
    created_at: datetime | None
    deleted: bool


@dataclass(frozen=True, slots=True)
class TagGroup:
    """A group of corp tags with those of its tags that were asked for."""

    group_id: str
    name: str
    order: int
    created_at: datetime | None
    deleted: bool
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class NewTag:
    """A tag to be made; 1 to 30 characters."""

    name: str
    order: int = 0

    def __post_init__(self) -> None:
        limits.not_empty("标签名", self.name)
        limits.at_most_chars("标签名", self.name, 30)
        _check_order(self.order)


def _check_order(order: int) -> None:
    if not 0 <= order < _MAX_ORDER:
        raise Rejected("标签次序", "order must be in [0, 2**32)")


async def list_all(
    client: Caller, *, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()
) -> tuple[TagGroup, ...]:
    """Return all groups, or those asked for; group ids win over tag ids.

    ``deleted`` of a tag shows only when something was asked for, of a group only by ``tag_ids``.
    """
    path = "externalcontact/get_corp_tag_list"
    body: dict[str, Any] = {}
    if tag_ids:
        body["tag_id"] = list(tag_ids)
    if group_ids:
        body["group_id"] = list(group_ids)
    answer = Answer(path, await client.call(path, body, idempotent=True))
    return tuple(_group(one) for one in answer.objects("tag_group"))


async def add_to_group_named(
    client: Caller, group_name: str, tags: Sequence[NewTag], *, order: int = 0
) -> TagGroup:
    """Make tags in the group of this name, making the group where there is none.

    A name that the group has already is refused for all (40071): list first. Not repeatable.
    """
    limits.not_empty("标签组名", group_name)
    limits.at_most_chars("标签组名", group_name, 30)
    _check_order(order)
    return await _add(client, {"group_name": group_name, "order": order}, tags)


async def add_to_group(client: Caller, group_id: str, tags: Sequence[NewTag]) -> TagGroup:
    """Make tags in a group that exists. Not repeatable: a second call meets its own names."""
    limits.not_empty("标签组", group_id)
    return await _add(client, {"group_id": group_id}, tags)


async def _add(client: Caller, group: dict[str, Any], tags: Sequence[NewTag]) -> TagGroup:
    limits.not_empty("标签", tags)
    path = "externalcontact/add_corp_tag"
    body = {**group, "tag": [{"name": tag.name, "order": tag.order} for tag in tags]}
    answer = Answer(path, await client.call(path, body, idempotent=False))
    return _group(answer.need_child("tag_group"))


async def edit(
    client: Caller, tag_or_group_id: str, *, name: str | None = None, order: int | None = None
) -> None:
    """Rename or move a tag or a group."""
    body: dict[str, Any] = {"id": tag_or_group_id}
    if name is not None:
        limits.not_empty("标签名", name)
        limits.at_most_chars("标签名", name, 30)
        body["name"] = name
    if order is not None:
        _check_order(order)
        body["order"] = order
    await client.call("externalcontact/edit_corp_tag", body, idempotent=True)


async def delete(
    client: Caller, *, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()
) -> None:
    """Delete tags and whole groups; a group goes with its last tag, without an event per tag."""
    limits.not_empty("要删除的标签", [*tag_ids, *group_ids])
    body = {"tag_id": list(tag_ids), "group_id": list(group_ids)}
    await client.call("externalcontact/del_corp_tag", body, idempotent=True)


async def mark(
    client: Caller,
    staff_id: str,
    external_userid: str,
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
) -> None:
    """Set and take tags of one pair; no callback follows.

    Calls for one pair must not overlap (45035, Busy). The member must follow the contact
    (84061, RelationGone). 40068 (Rejected) where a tag is gone: sync the tags.
    """
    limits.not_empty("要更改的标签", [*add, *remove])
    body: dict[str, Any] = {"userid": staff_id, "external_userid": external_userid}
    if add:
        body["add_tag"] = list(add)
    if remove:
        body["remove_tag"] = list(remove)
    await client.call("externalcontact/mark_tag", body, idempotent=True)


def _group(answer: Answer) -> TagGroup:
    return TagGroup(
        group_id=answer.need("group_id"),
        name=answer.text("group_name"),
        order=answer.count("order"),
        created_at=answer.moment("create_time"),
        deleted=answer.flag("deleted"),
        tags=tuple(
            Tag(
                tag_id=one.need("id"),
                name=one.text("name"),
                order=one.count("order"),
                created_at=one.moment("create_time"),
                deleted=one.flag("deleted"),
            )
            for one in answer.objects("tag")
        ),
    )

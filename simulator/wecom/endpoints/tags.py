"""Corp tags: read, add, edit, delete, and mark a pair (api.md 4)."""

from typing import Annotated, ClassVar

from pydantic import Field

from simulator.wecom.endpoints.contacts import relation_of
from simulator.wecom.endpoints.kit import Call, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.state.tags import Tag, TagGroup
from simulator.wecom.strictness import Ask

ORDER_END = 2**32
Order = Annotated[int, Field(ge=0, lt=ORDER_END)]


class GetTags(Ask):
    """get_corp_tag_list [92117]."""

    tag_id: list[str] = Field(default_factory=list)
    group_id: list[str] = Field(default_factory=list)


class NewTag(Ask):
    """One tag of add_corp_tag."""

    name: Annotated[str, Field(min_length=1, max_length=30)]
    order: Order = 0


class AddTags(Ask):
    """add_corp_tag."""

    over: ClassVar[dict[str, int]] = {"group_name": 40072, "tag": 40072}
    missing: ClassVar[dict[str, int]] = {"tag": 40063}
    group_id: str | None = None
    group_name: Annotated[str, Field(max_length=30)] | None = None
    order: Order = 0
    tag: Annotated[list[NewTag], Field(min_length=1)]
    agentid: int | None = None


class EditTag(Ask):
    """edit_corp_tag."""

    missing: ClassVar[dict[str, int]] = {"id": 40068}
    over: ClassVar[dict[str, int]] = {"name": 40072}
    id: str
    name: Annotated[str, Field(min_length=1, max_length=30)] | None = None
    order: Order | None = None
    agentid: int | None = None


class DeleteTags(Ask):
    """del_corp_tag."""

    tag_id: list[str] = Field(default_factory=list)
    group_id: list[str] = Field(default_factory=list)
    agentid: int | None = None


class MarkTag(Ask):
    """mark_tag [92118]."""

    missing: ClassVar[dict[str, int]] = {"userid": 41009, "external_userid": 41035}
    userid: str
    external_userid: str
    add_tag: list[str] = Field(default_factory=list)
    remove_tag: list[str] = Field(default_factory=list)


def get_tags(call: Call, ask: GetTags) -> Json:
    """All tags; those of some groups, or some tags, then with what was deleted."""
    shelf = call.world.tags
    if ask.group_id:
        groups = [shelf.groups[g] for g in ask.group_id if g in shelf.groups]
        return {
            "tag_group": [
                _group(group, list(group.tags.values()), group_flag=False, tag_flag=True)
                for group in groups
            ]
        }
    if ask.tag_id:
        shown: dict[str, list[Tag]] = {}
        for tag_id in ask.tag_id:
            home = shelf.home(tag_id)
            if home is not None:
                shown.setdefault(home.id, []).append(home.tags[tag_id])
        return {
            "tag_group": [
                _group(shelf.groups[group_id], tags, group_flag=True, tag_flag=True)
                for group_id, tags in shown.items()
            ]
        }
    return {
        "tag_group": [
            _group(group, group.living(), group_flag=False, tag_flag=False)
            for group in shelf.living_groups()
        ]
    }


def add_tags(call: Call, ask: AddTags) -> Json:
    """New tags in a group, the group too when its name is new."""
    world, shelf = call.world, call.world.tags
    group: TagGroup | None
    if ask.group_id:
        group = shelf.groups.get(ask.group_id)
        if group is None or group.deleted:
            raise Refused(40068, "invalid group id")
    elif ask.group_name:
        group = shelf.named(ask.group_name)
    else:
        raise Refused(40063, "group_id and group_name both empty")
    names = list(dict.fromkeys(tag.name for tag in ask.tag))
    orders = {tag.name: tag.order for tag in reversed(ask.tag)}
    if group is not None and {tag.name for tag in group.living()}.intersection(names):
        raise Refused(40071, "tag name already exists")
    if shelf.count() + len(names) > world.modes.tag_cap:
        raise Refused(40126, "corp tag out of limit")
    maker = call.app.agent_id
    if group is None:
        group = TagGroup(
            world.ids.text("et"), ask.group_name or "", call.now, ask.order, made_by=maker
        )
        shelf.add_group(group)
    made = [
        Tag(world.ids.text("et"), name, call.now, orders[name], made_by=maker) for name in names
    ]
    for tag in made:
        shelf.add(group, tag)
    return {"tag_group": _group(group, made, group_flag=False, tag_flag=False)}


def edit_tag(call: Call, ask: EditTag) -> Json:
    """Rename or reorder a tag or a group that this app made."""
    shelf = call.world.tags
    tag, group = shelf.tag(ask.id), shelf.groups.get(ask.id)
    if tag is not None:
        home = shelf.home(ask.id)
        rivals = {t.name for t in home.living() if t is not tag} if home else set()
        _own(call, tag.made_by)
        if ask.name is not None and ask.name in rivals:
            raise Refused(40071, "tag name already exists")
        tag.name = ask.name if ask.name is not None else tag.name
        tag.order = ask.order if ask.order is not None else tag.order
        return {}
    if group is None or group.deleted:
        raise Refused(40068, "invalid tag id")
    _own(call, group.made_by)
    if ask.name is not None and shelf.named(ask.name) not in (None, group):
        raise Refused(40071, "tag group name already exists")
    group.name = ask.name if ask.name is not None else group.name
    group.order = ask.order if ask.order is not None else group.order
    return {}


def delete_tags(call: Call, ask: DeleteTags) -> Json:
    """Delete tags and groups that this app made; a group without tags goes too."""
    shelf = call.world.tags
    if not ask.tag_id and not ask.group_id:
        raise Refused(40063, "tag_id and group_id both empty")
    tags = [shelf.tag(tag_id) for tag_id in ask.tag_id]
    groups = [shelf.groups.get(group_id) for group_id in ask.group_id]
    if None in tags or any(group is None or group.deleted for group in groups):
        raise Refused(40068, "invalid tag id")
    for found in (*tags, *groups):
        _own(call, found.made_by if found else 0)
    for tag in tags:
        if tag is not None:
            tag.deleted = True
            home = shelf.home(tag.id)
            if home is not None and not home.living():
                home.deleted = True
    for group in groups:
        if group is not None:
            group.deleted = True
            for tag in group.tags.values():
                tag.deleted = True
    return {}


def mark_tag(call: Call, ask: MarkTag) -> Json:
    """Put tags on a pair and take tags off it."""
    if not ask.add_tag and not ask.remove_tag:
        raise Refused(40063, "add_tag and remove_tag both empty")
    relation = relation_of(call, ask.userid, ask.external_userid)
    shelf = call.world.tags
    for tag_id in (*ask.add_tag, *ask.remove_tag):
        if shelf.tag(tag_id) is None:
            raise Refused(40068, f"invalid tagid: {tag_id}")
    kept = [tag_id for tag_id in relation.tags if tag_id not in ask.remove_tag]
    marked = list(dict.fromkeys([*kept, *ask.add_tag]))
    if len(marked) > call.world.modes.customer_tag_cap:
        raise Refused(40144, "customer tag out of limit")
    relation.tags = marked
    return {}


def _own(call: Call, maker: int) -> None:
    if maker != call.app.agent_id:
        raise Refused(81011, "no privilege to operate this tag")


def _group(group: TagGroup, tags: list[Tag], *, group_flag: bool, tag_flag: bool) -> Json:
    shown: Json = {
        "group_id": group.id,
        "group_name": group.name,
        "create_time": group.create_time,
        "order": group.order,
    }
    if group_flag:
        shown["deleted"] = group.deleted
    rows = []
    for tag in tags:
        row: Json = {
            "id": tag.id,
            "name": tag.name,
            "create_time": tag.create_time,
            "order": tag.order,
        }
        rows.append(row | ({"deleted": tag.deleted} if tag_flag else {}))
    return shown | {"tag": rows}


def _pair_key(ask: MarkTag) -> str:
    return f"{ask.userid.lower()} {ask.external_userid}"


ENDPOINTS = (
    post("externalcontact/get_corp_tag_list", GetTags, get_tags, "customer"),
    post("externalcontact/add_corp_tag", AddTags, add_tags, "customer"),
    post("externalcontact/edit_corp_tag", EditTag, edit_tag, "customer"),
    post("externalcontact/del_corp_tag", DeleteTags, delete_tags, "customer"),
    post("externalcontact/mark_tag", MarkTag, mark_tag, "customer", object_key=_pair_key),
)

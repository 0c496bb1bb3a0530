"""An admin works on corp tags in the console: change_external_tag."""

from simulator.wecom.callbacks.events import tag_event
from simulator.wecom.errors import Json
from simulator.wecom.people.kit import Act, ActError, act
from simulator.wecom.state.tags import CONSOLE, Tag, TagGroup
from simulator.wecom.world import World


class ConsoleTag(Act):
    """A tag in a group; the group is made when its name is new."""

    group_name: str
    name: str
    order: int = 0


class RenameTag(Act):
    """A tag or a tag group gets a new name."""

    id: str
    name: str


class DeleteTag(Act):
    """A tag or a tag group is deleted; a group takes its tags along without an event each."""

    id: str


class Shuffle(Act):
    """Tags of a group were moved; "" when the order of all groups changed."""

    id: str = ""


def create_tag(world: World, ask: ConsoleTag) -> Json:
    """create, for the group too when it is new."""
    now = int(world.now())
    group = world.tags.named(ask.group_name)
    if group is None:
        group = TagGroup(world.ids.text("et"), ask.group_name, now)
        world.tags.add_group(group)
        _tell(world, "create", group.id, "tag_group")
    if ask.name in {tag.name for tag in group.living()}:
        raise ActError(f"tag {ask.name!r} is in group {ask.group_name!r} already")
    tag = Tag(world.ids.text("et"), ask.name, now, ask.order, CONSOLE)
    world.tags.add(group, tag)
    _tell(world, "create", tag.id, "tag")
    return {"group_id": group.id, "tag_id": tag.id}


def rename_tag(world: World, ask: RenameTag) -> Json:
    """update."""
    tag = world.tags.tag(ask.id)
    found = tag or _group(world, ask.id)
    found.name = ask.name
    _tell(world, "update", ask.id, "tag" if tag else "tag_group")
    return {}


def delete_tag(world: World, ask: DeleteTag) -> Json:
    """delete."""
    tag = world.tags.tag(ask.id)
    if tag is not None:
        tag.deleted = True
        home = world.tags.home(ask.id)
        if home is not None and not home.living():
            home.deleted = True
        _tell(world, "delete", ask.id, "tag")
        return {}
    group = _group(world, ask.id)
    group.deleted = True
    for one in group.tags.values():
        one.deleted = True
    _tell(world, "delete", ask.id, "tag_group")
    return {}


def shuffle_tags(world: World, ask: Shuffle) -> Json:
    """shuffle."""
    if ask.id:
        group = _group(world, ask.id)
        for order, tag in enumerate(group.living(), 1):
            tag.order = order
    else:
        for order, group in enumerate(world.tags.living_groups(), 1):
            group.order = order
    _tell(world, "shuffle", ask.id, "tag_group")
    return {}


def _group(world: World, group_id: str) -> TagGroup:
    group = world.tags.groups.get(group_id)
    if group is None or group.deleted:
        raise ActError(f"no tag or tag group {group_id!r}")
    return group


def _tell(world: World, change: str, tag_id: str, tag_type: str) -> None:
    event = tag_event(world.corp.corp_id, world.now(), change, tag_id, tag_type)
    world.tell_customer_apps(event)


ACTS = (
    act("create_tag", ConsoleTag, create_tag),
    act("rename_tag", RenameTag, rename_tag),
    act("delete_tag", DeleteTag, delete_tag),
    act("shuffle_tags", Shuffle, shuffle_tags),
)

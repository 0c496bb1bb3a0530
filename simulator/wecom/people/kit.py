"""What an act is: a name, the fields it reads, what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from simulator.wecom.errors import Json
from simulator.wecom.state.contacts import Relation
from simulator.wecom.state.directory import Member
from simulator.wecom.state.groups import Group
from simulator.wecom.world import World


class Act(BaseModel):
    """The fields of an act; ``act`` names it. An unknown field is a mistake of the test."""

    model_config = ConfigDict(extra="forbid")
    act: str


class ActError(Exception):
    """The act cannot happen in this world; the text says why and what would be needed."""


@dataclass(frozen=True, slots=True)
class ActEntry:
    """One act."""

    name: str
    model: type[Act]
    do: Callable[[World, Any], Json]


M = TypeVar("M", bound=Act)


def act(name: str, model: type[M], do: Callable[[World, M], Json]) -> ActEntry:
    """An entry of the table of acts."""
    return ActEntry(name, model, do)


def the_member(world: World, userid: str) -> Member:
    """A member, also one who left. Raises ActError."""
    member = world.directory.find(userid)
    if member is None:
        raise ActError(f"no member {userid!r}: create him with POST /_sim/members first")
    return member


def the_relation(world: World, userid: str, external_userid: str) -> Relation:
    """The relation of a pair. Raises ActError."""
    member = the_member(world, userid)
    relation = world.contacts.pair(member.userid, external_userid)
    if relation is None:
        raise ActError(f"{userid!r} and {external_userid!r} are not related: act 'add' comes first")
    return relation


def the_group(world: World, chat_id: str) -> Group:
    """A group that was not dismissed. Raises ActError."""
    group = world.groups.groups.get(chat_id)
    if group is None or group.dismissed:
        raise ActError(f"no open group {chat_id!r}: make one with POST /_sim/groups first")
    return group

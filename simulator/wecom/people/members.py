"""The directory changes: somebody comes, moves, is disabled, leaves; departments too."""

from pydantic import Field

from simulator.wecom.callbacks.events import Node, directory_event
from simulator.wecom.errors import Json
from simulator.wecom.people.kit import Act, ActError, act, the_member
from simulator.wecom.state.directory import DISABLED, LEFT, Department, Member
from simulator.wecom.world import World


class NewMember(Act):
    """A member is created in the console."""

    userid: str
    name: str = ""
    departments: list[int] = Field(default_factory=lambda: [1])
    position: str = ""
    archive_edition: int | None = 2


class ChangeMember(Act):
    """A member is changed; only department, leader and userid cause an event."""

    userid: str
    new_userid: str = ""
    departments: list[int] | None = None
    leader_in: list[int] | None = None
    name: str | None = None
    position: str | None = None
    external_right: bool | None = None
    archive_edition: int | None = None


class OneMember(Act):
    """One member."""

    userid: str


class NewDepartment(Act):
    """A department is created or changed."""

    id: int
    name: str
    parentid: int = 1


class OneDepartment(Act):
    """One department."""

    id: int


def create_member(world: World, ask: NewMember) -> Json:
    """change_contact create_user."""
    if world.directory.find(ask.userid) is not None:
        raise ActError(f"member {ask.userid!r} exists already")
    count = len(ask.departments)
    world.directory.put(
        Member(
            ask.userid,
            ask.name or ask.userid,
            list(ask.departments),
            [0] * count,
            [0] * count,
            position=ask.position,
            archive_edition=ask.archive_edition,
        )
    )
    fields: list[Node] = [("UserID", ask.userid), ("Department", _commas(ask.departments))]
    return _tell(world, "create_user", fields)


def update_member(world: World, ask: ChangeMember) -> Json:
    """change_contact update_user, when department, leader or userid changed."""
    member = the_member(world, ask.userid)
    fields: list[Node] = [("UserID", member.userid)]
    if ask.new_userid:
        world.rename_member(member, ask.new_userid)
        fields.append(("NewUserID", ask.new_userid))
    told = bool(ask.new_userid)
    if ask.departments is not None and ask.departments != member.departments:
        member.departments = list(ask.departments)
        member.orders = [0] * len(ask.departments)
        member.leader_in = [0] * len(ask.departments)
        fields.append(("Department", _commas(ask.departments)))
        told = True
    if ask.leader_in is not None and ask.leader_in != member.leader_in:
        member.leader_in = list(ask.leader_in)
        told = True
    member.name = member.name if ask.name is None else ask.name
    member.position = member.position if ask.position is None else ask.position
    if ask.external_right is not None:
        member.external_right = ask.external_right
    if "archive_edition" in ask.model_fields_set:
        member.archive_edition = ask.archive_edition
    world.directory.put(member)
    return _tell(world, "update_user", fields) if told else {}


def disable(world: World, ask: OneMember) -> Json:
    """Status 2; app messages to him are invalid. No event since 2022-08-15."""
    member = the_member(world, ask.userid)
    member.status = DISABLED
    world.directory.put(member)
    return {}


def resign(world: World, ask: OneMember) -> Json:
    """The member leaves: delete_user; customers and groups wait to be assigned."""
    member = the_member(world, ask.userid)
    if member.status == LEFT:
        raise ActError(f"{ask.userid!r} has left already")
    member.status, member.left_at = LEFT, int(world.now())
    world.directory.put(member)
    for group in world.groups.owned_by(member.userid):
        group.status = 1
    return _tell(world, "delete_user", [("UserID", member.userid)])


def put_department(world: World, ask: NewDepartment) -> Json:
    """change_contact create_party or update_party."""
    known = ask.id in world.directory.departments
    world.directory.put_department(Department(ask.id, ask.name, ask.parentid))
    change = "update_party" if known else "create_party"
    return _tell(world, change, [("Id", ask.id), ("ParentId", ask.parentid)])


def delete_department(world: World, ask: OneDepartment) -> Json:
    """change_contact delete_party."""
    if any(ask.id in member.departments for member in world.directory.present()):
        raise ActError(f"department {ask.id} still has members")
    if world.directory.departments.pop(ask.id, None) is None:
        raise ActError(f"no department {ask.id}")
    return _tell(world, "delete_party", [("Id", ask.id)])


def _tell(world: World, change: str, fields: list[Node]) -> Json:
    world.tell_directory(directory_event(world.corp.corp_id, world.now(), change, fields))
    return {}


def _commas(numbers: list[int]) -> str:
    return ",".join(str(number) for number in numbers)


ACTS = (
    act("create_member", NewMember, create_member),
    act("update_member", ChangeMember, update_member),
    act("disable_member", OneMember, disable),
    act("resign", OneMember, resign),
    act("put_department", NewDepartment, put_department),
    act("delete_department", OneDepartment, delete_department),
)

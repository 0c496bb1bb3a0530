"""联系我: configs that lead a customer to a member (api.md 3.4)."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from simulator.wecom.clock import DAY
from simulator.wecom.cursors import page
from simulator.wecom.endpoints.attachments import (
    Image,
    Link,
    MiniProgram,
    Part,
    Text,
    check_link,
    check_media,
    checked_text,
)
from simulator.wecom.endpoints.kit import Call, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.state.directory import ACTIVE
from simulator.wecom.state.ways import ContactWay
from simulator.wecom.strictness import Ask

USERS_CAP = 100
TEMP_LIFE_CAP_S = 14 * DAY
FIRST_LISTED = 1_625_846_400


class Conclusions(Part):
    """What is shown when a temporary chat ends: text and one of image > link > miniprogram."""

    text: Text | None = None
    image: Image | None = None
    link: Link | None = None
    miniprogram: MiniProgram | None = None


class WayFields(Ask):
    """Fields that add and update share."""

    style: Annotated[int, Field(ge=1, le=3)] | None = None
    remark: Annotated[str, Field(max_length=30)] | None = None
    skip_verify: bool | None = None
    state: Annotated[str, Field(max_length=30)] | None = None
    user: list[str] | None = None
    party: list[int] | None = None
    expires_in: Annotated[int, Field(ge=1, le=TEMP_LIFE_CAP_S)] | None = None
    chat_expires_in: Annotated[int, Field(ge=1, le=TEMP_LIFE_CAP_S)] | None = None
    unionid: str | None = None
    conclusions: Conclusions | None = None
    mark_source: bool | None = None


class AddWay(WayFields):
    """add_contact_way [92228]."""

    missing: ClassVar[dict[str, int]] = {"type": 41037, "scene": 41038}
    wrong: ClassVar[dict[str, int]] = {"type": 41039, "scene": 41040, "style": 41042}
    type: Annotated[int, Field(ge=1, le=2)]
    scene: Annotated[int, Field(ge=1, le=2)]
    is_temp: bool = False
    is_exclusive: bool = False


class UpdateWay(WayFields):
    """update_contact_way."""

    missing: ClassVar[dict[str, int]] = {"config_id": 41043}
    wrong: ClassVar[dict[str, int]] = {"config_id": 41044, "style": 41042}
    config_id: str


class OneWay(Ask):
    """get_contact_way, del_contact_way."""

    missing: ClassVar[dict[str, int]] = {"config_id": 41043}
    wrong: ClassVar[dict[str, int]] = {"config_id": 41044}
    config_id: str


class ListWays(Ask):
    """list_contact_way; by default the last 90 days."""

    start_time: int | None = None
    end_time: int | None = None
    cursor: str = ""
    limit: Annotated[int, Field(ge=1, le=1_000)] = 100


class CloseTempChat(Ask):
    """close_temp_chat."""

    missing: ClassVar[dict[str, int]] = {"userid": 41009, "external_userid": 41035}
    userid: str
    external_userid: str


def add_way(call: Call, ask: AddWay) -> Json:
    """A new config; the console does not show it."""
    world = call.world
    users, parties = ask.user or [], ask.party or []
    if ask.type == 1 and (len(users) != 1 or parties):
        raise Refused(41041, "type 1 takes exactly one user")
    if len(world.ways.ways) + len(world.ways.joins) >= world.modes.contact_way_cap:
        raise Refused(41045, "contact way out of limit")
    way = ContactWay(world.ids.hexadecimal("contact_way"), call.app.agent_id, call.at, [], [], "")
    way.face = {
        "config_id": way.config_id,
        "type": ask.type,
        "scene": ask.scene,
        "style": ask.style or 1,
        "remark": "",
        "skip_verify": True,
        "state": "",
        "qr_code": "",
        "user": [],
        "party": [],
        "is_temp": ask.is_temp,
    }
    if ask.is_temp:
        way.face |= {"expires_in": 7 * DAY, "chat_expires_in": DAY}
    answer: Json = {"config_id": way.config_id}
    if ask.scene == 2:
        way.face["qr_code"] = answer["qr_code"] = f"https://qr.example/way/{way.config_id}"
    _apply(call, way, ask, users, parties)
    world.ways.ways[way.config_id] = way
    return answer


def get_way(call: Call, ask: OneWay) -> Json:
    """A config as it is stored; media come back as pic_url."""
    return {"contact_way": dict(_found(call, ask.config_id).face)}


def list_ways(call: Call, ask: ListWays) -> Json:
    """Ids of configs made in a span of time."""
    end = call.now if ask.end_time is None else ask.end_time
    start = end - 90 * DAY if ask.start_time is None else ask.start_time
    if start > end:
        raise Refused(40058, "invalid parameter: start_time after end_time")
    found = [
        way
        for way in call.world.ways.ways.values()
        if way.agent_id == call.app.agent_id
        and max(start, FIRST_LISTED) <= int(way.created_at) <= end
    ]
    arguments = [ask.start_time, ask.end_time]
    rows, following = page(call.path, arguments, ask.cursor, found, ask.limit)
    answer: Json = {"contact_way": [{"config_id": way.config_id} for way in rows]}
    return answer | ({"next_cursor": following} if following else {})


def update_way(call: Call, ask: UpdateWay) -> Json:
    """Change a config; user, party and remark are overwritten when given."""
    way = _found(call, ask.config_id)
    users = way.users if ask.user is None else ask.user
    parties = way.parties if ask.party is None else ask.party
    if way.face["type"] == 1 and (len(users) != 1 or parties):
        raise Refused(41041, "type 1 takes exactly one user")
    _apply(call, way, ask, users, parties)
    return {}


def delete_way(call: Call, ask: OneWay) -> Json:
    """The config is gone and its QR code leads nowhere."""
    way = _found(call, ask.config_id)
    del call.world.ways.ways[way.config_id]
    return {}


def close_temp_chat(call: Call, ask: CloseTempChat) -> Json:
    """End a temporary chat."""
    member = call.world.visible_member(call.app, ask.userid)
    if call.world.contacts.pair(member.userid, ask.external_userid) is None:
        raise Refused(84061, "not external contact")
    return {}


def _found(call: Call, config_id: str) -> ContactWay:
    way = call.world.ways.ways.get(config_id)
    if way is None or way.agent_id != call.app.agent_id:
        raise Refused(41044, "invalid config_id")
    return way


def _apply(
    call: Call, way: ContactWay, ask: WayFields, users: list[str], parties: list[int]
) -> None:
    named = _checked_members(call, users, parties)
    conclusions = _conclusions(call, ask.conclusions)
    way.users, way.parties = named, list(parties)
    way.face |= {"user": named, "party": list(parties)}
    for name in (
        "style",
        "remark",
        "skip_verify",
        "state",
        "expires_in",
        "chat_expires_in",
        "unionid",
    ):
        value = getattr(ask, name)
        if value is not None:
            way.face[name] = value
    if conclusions is not None:
        way.face["conclusions"] = conclusions
    way.state = str(way.face["state"])


def _checked_members(call: Call, users: list[str], parties: list[int]) -> list[str]:
    world = call.world
    named = [world.visible_member(call.app, userid).userid for userid in users]
    unknown = [party for party in parties if party not in world.directory.departments]
    if unknown:
        raise Refused(60003, f"department not found: {unknown[0]}")
    trial = ContactWay("", 0, 0, named, list(parties), "")
    everybody = world.ways.members(trial, world.directory)
    if len(everybody) > USERS_CAP:
        raise Refused(41041, "over 100 users")
    if not everybody:
        raise Refused(40058, "user and party both empty")
    for userid in everybody:
        member = world.member(userid)
        if member.status != ACTIVE or not member.verified:
            raise Refused(41054, f"user not activated or not verified: {userid}")
        if not member.external_right:
            raise Refused(84074, f"user has no external contact right: {userid}")
    return named


def _conclusions(call: Call, given: Conclusions | None) -> dict[str, Any] | None:
    if given is None:
        return None
    kept: dict[str, Any] = {}
    text = checked_text(given.text)
    if text:
        kept["text"] = {"content": text}
    if given.image is not None:
        check_media(call, given.image.media_id)
        url = given.image.pic_url or f"https://wework.example/pic/{given.image.media_id}"
        kept["image"] = {"pic_url": url}
    elif given.link is not None:
        check_link(given.link)
        kept["link"] = given.link.model_dump(exclude_unset=True)
    elif given.miniprogram is not None:
        check_media(call, given.miniprogram.pic_media_id)
        kept["miniprogram"] = given.miniprogram.model_dump(exclude_unset=True)
    return kept


ENDPOINTS = (
    post("externalcontact/add_contact_way", AddWay, add_way, "customer"),
    post("externalcontact/get_contact_way", OneWay, get_way, "customer"),
    post("externalcontact/list_contact_way", ListWays, list_ways, "customer"),
    post("externalcontact/update_contact_way", UpdateWay, update_way, "customer"),
    post("externalcontact/del_contact_way", OneWay, delete_way, "customer"),
    post("externalcontact/close_temp_chat", CloseTempChat, close_temp_chat, "customer"),
)

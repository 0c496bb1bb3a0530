"""QR codes and plugins by which customers join groups (api.md 3.8)."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from simulator.wecom.endpoints.groups import visible_group
from simulator.wecom.endpoints.kit import Call, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.state.ways import JoinWay
from simulator.wecom.strictness import Ask


class JoinFields(Ask):
    """Fields that add and update share."""

    missing: ClassVar[dict[str, int]] = {
        "scene": 41038,
        "chat_id_list": 40063,
        "config_id": 41043,
    }
    wrong: ClassVar[dict[str, int]] = {"scene": 41040, "config_id": 41044}
    over: ClassVar[dict[str, int]] = {"chat_id_list": 41091, "scene": 41040}
    scene: Annotated[int, Field(ge=1, le=2)]
    remark: Annotated[str, Field(max_length=30)] = ""
    auto_create_room: Annotated[int, Field(ge=0, le=1)] = 1
    room_base_name: Annotated[str, Field(max_length=40)] = ""
    room_base_id: int = 1
    chat_id_list: Annotated[list[str], Field(max_length=5)]
    state: Annotated[str, Field(max_length=30)] = ""
    mark_source: bool = True


class AddJoinWay(JoinFields):
    """groupchat/add_join_way [92229]."""


class UpdateJoinWay(JoinFields):
    """groupchat/update_join_way: overwrites everything."""

    config_id: str


class OneJoinWay(Ask):
    """groupchat/get_join_way, groupchat/del_join_way."""

    missing: ClassVar[dict[str, int]] = {"config_id": 41043}
    wrong: ClassVar[dict[str, int]] = {"config_id": 41044}
    config_id: str


def add_join_way(call: Call, ask: AddJoinWay) -> Json:
    """A new way into up to five groups."""
    ways, modes = call.world.ways, call.world.modes
    if len(ways.ways) + len(ways.joins) >= modes.contact_way_cap:
        raise Refused(41045, "contact way out of limit")
    config_id = call.world.ids.hexadecimal("join_way")
    face = _face(call, config_id, ask)
    ways.joins[config_id] = JoinWay(config_id, call.app.agent_id, face)
    return {"config_id": config_id}


def get_join_way(call: Call, ask: OneJoinWay) -> Json:
    """The way with its QR code."""
    return {"join_way": dict(_found(call, ask.config_id).face)}


def update_join_way(call: Call, ask: UpdateJoinWay) -> Json:
    """Overwrite a way; the QR code stays."""
    way = _found(call, ask.config_id)
    way.face = _face(call, way.config_id, ask)
    return {}


def delete_join_way(call: Call, ask: OneJoinWay) -> Json:
    """The way is gone."""
    del call.world.ways.joins[_found(call, ask.config_id).config_id]
    return {}


def _found(call: Call, config_id: str) -> JoinWay:
    way = call.world.ways.joins.get(config_id)
    if way is None or way.agent_id != call.app.agent_id:
        raise Refused(41044, "invalid config_id")
    return way


def _face(call: Call, config_id: str, ask: JoinFields) -> dict[str, Any]:
    if not ask.chat_id_list:
        raise Refused(40063, "chat_id_list empty")
    for chat_id in ask.chat_id_list:
        visible_group(call, chat_id)
    return {
        "config_id": config_id,
        "type": 2,
        "scene": ask.scene,
        "remark": ask.remark,
        "auto_create_room": ask.auto_create_room,
        "room_base_name": ask.room_base_name,
        "room_base_id": ask.room_base_id,
        "chat_id_list": list(ask.chat_id_list),
        "qr_code": f"https://qr.example/join/{config_id}",
        "state": ask.state,
    }


ENDPOINTS = (
    post("externalcontact/groupchat/add_join_way", AddJoinWay, add_join_way, "customer"),
    post("externalcontact/groupchat/get_join_way", OneJoinWay, get_join_way, "customer"),
    post("externalcontact/groupchat/update_join_way", UpdateJoinWay, update_join_way, "customer"),
    post("externalcontact/groupchat/del_join_way", OneJoinWay, delete_join_way, "customer"),
)

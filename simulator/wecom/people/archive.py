"""Records that no other act makes: switch records, rare kinds, files, holes, robots."""

import base64
import binascii
from typing import Any

from simulator.wecom.archive.media import keep_file
from simulator.wecom.errors import Json
from simulator.wecom.people.kit import Act, ActError, act, the_member
from simulator.wecom.world import World


class RawRecord(Act):
    """A whole archive message as it is; msgid is given when it has none."""

    message: dict[str, Any]
    at: float | None = None
    key_version: int | None = None


class SwitchCorp(Act):
    """A member switches to another corp in his client."""

    userid: str


class ArchiveFile(Act):
    """A file for the archive; the answer is what a media body carries."""

    content_base64: str
    at: float | None = None


class Hole(Act):
    """Sequence numbers that no record has."""

    numbers: int = 1


class Robot(Act):
    """A bot of the corp."""

    robot_id: str
    name: str
    creator: str


def archive_record(world: World, ask: RawRecord) -> Json:
    """Any record, for kinds that people here do not say."""
    at = world.now() if ask.at is None else ask.at
    number = world.ids.number("archived")
    message = {"msgid": f"{number:019d}_{int(at * 1000)}_external", **ask.message}
    record = world.voice.archive_raw(message, at, ask.key_version)
    return {"archived": [{"seq": record.seq, "msgid": record.msgid}]}


def switch_corp(world: World, ask: SwitchCorp) -> Json:
    """A switch record: msgid, action, time, user, and neither msgtype nor from."""
    at = world.now()
    message = {
        "msgid": str(125_289_002_219_525_886_280 + world.ids.number("switch")),
        "action": "switch",
        "time": int(at * 1000),
        "user": the_member(world, ask.userid).userid,
    }
    record = world.voice.archive_raw(message, at, None)
    return {"archived": [{"seq": record.seq, "msgid": record.msgid}]}


def archive_file(world: World, ask: ArchiveFile) -> Json:
    """md5sum, filesize and sdkfileid, to be put into the body of a say."""
    try:
        content = base64.b64decode(ask.content_base64, validate=True)
    except binascii.Error:
        raise ActError("content_base64 is not base64") from None
    at = world.now() if ask.at is None else ask.at
    return keep_file(world.talks, world.ids, content, at)


def archive_hole(world: World, ask: Hole) -> Json:
    """Skip sequence numbers."""
    world.talks.skip(ask.numbers)
    return {}


def create_robot(world: World, ask: Robot) -> Json:
    """For msgaudit/get_robot_info."""
    world.robots[ask.robot_id] = (ask.name, the_member(world, ask.creator).userid)
    return {}


ACTS = (
    act("archive_record", RawRecord, archive_record),
    act("switch_corp", SwitchCorp, switch_corp),
    act("archive_file", ArchiveFile, archive_file),
    act("archive_hole", Hole, archive_hole),
    act("create_robot", Robot, create_robot),
)

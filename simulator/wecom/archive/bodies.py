"""Messages in the form in which the archive keeps them (api.md 9.3)."""

from typing import TYPE_CHECKING, Any

from simulator.wecom.archive.media import keep_file

if TYPE_CHECKING:
    from simulator.wecom.world import World

Body = dict[str, Any]


def text_body(text: str) -> Body:
    """The archive body of a text."""
    return {"msgtype": "text", "text": {"content": text}}


def message_bodies(world: "World", text: str, attachments: list[Body], at: float) -> list[Body]:
    """Text first, then each attachment as a message of its own."""
    found = [text_body(text)] if text else []
    return found + [_attached(world, part["msgtype"], part, at) for part in attachments]


def _attached(world: "World", kind: str, attachment: Body, at: float) -> Body:
    part = attachment[kind]
    if kind == "link":
        return {
            "msgtype": "link",
            "link": {
                "title": part.get("title", ""),
                "description": part.get("desc", ""),
                "link_url": part.get("url", ""),
                "image_url": part.get("picurl", ""),
            },
        }
    if kind == "miniprogram":
        return {
            "msgtype": "weapp",
            "weapp": {
                "title": part.get("title", ""),
                "description": part.get("title", ""),
                "username": part.get("appid", ""),
                "displayname": part.get("title", ""),
            },
        }
    name, content = world.media.content(part)
    file = keep_file(world.talks, world.ids, content, at)
    if kind == "image":
        return {"msgtype": "image", "image": file}
    if kind == "video":
        return {"msgtype": "video", "video": {**file, "play_length": 10}}
    suffix = name.rpartition(".")[2]
    return {"msgtype": "file", "file": {**file, "filename": name, "fileext": suffix}}

"""Ordinary messages of members to our app, read with wechatpy's message classes (page 90239).

Apart from ``wecom.events``, because wechatpy takes a third of a second to import and only who
answers members needs it. The XML was read by our own hardened parser; wechatpy names the fields.
"""

from dataclasses import dataclass, field
from typing import Any

from wechatpy.work.messages import MESSAGE_TYPES

from wecom.events import MessageReceived


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member says to be. Degrees as WeCom wrote them."""

    latitude: str
    longitude: str
    label: str


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message. ``kind``: text, image, voice, video, shortvideo, location, link or another.

    What a kind does not have is ''. ``media_id`` is good for three days.
    """

    kind: str
    staff_id: str
    message_id: str
    text: str = field(repr=False)
    media_id: str
    thumb_media_id: str
    format: str
    picture_url: str = field(repr=False)
    title: str = field(repr=False)
    description: str = field(repr=False)
    url: str = field(repr=False)
    place: Place | None = field(repr=False)


def read(event: MessageReceived) -> Inbound:
    """Return the message behind an event; a kind that wechatpy does not know has no fields."""
    kind = event.message_type.lower()
    message_class = MESSAGE_TYPES.get(kind)
    message: Any = message_class(dict(event.fields)) if message_class is not None else object()

    def said(name: str) -> str:
        value = getattr(message, name, "")
        return value if isinstance(value, str) else ""

    place = None
    if kind == "location":
        place = Place(said("location_x"), said("location_y"), said("label"))
    return Inbound(
        kind=kind,
        staff_id=event.staff_id,
        message_id=event.message_id,
        text=said("content"),
        media_id=said("media_id"),
        thumb_media_id=said("thumb_media_id"),
        format=said("format"),
        picture_url=said("image") or said("pic_url"),
        title=said("title"),
        description=said("description"),
        url=said("url"),
        place=place,
    )

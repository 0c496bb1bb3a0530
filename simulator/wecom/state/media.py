"""Uploaded material: temporary ids for 3 days, permanent picture addresses (api.md 8)."""

from dataclasses import dataclass
from typing import Any

from simulator.wecom.errors import Refused
from simulator.wecom.ids import IdMint
from simulator.wecom.modes import Modes


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """One file."""

    media_id: str
    kind: str
    filename: str
    content_type: str
    content: bytes
    created_at: float
    scene: str


class MediaShelf:
    """Files by media id, pictures by address."""

    def __init__(self, modes: Modes, ids: IdMint) -> None:
        self._modes = modes
        self._ids = ids
        self._media: dict[str, StoredMedia] = {}
        self.pictures: dict[str, bytes] = {}

    def put(
        self, kind: str, filename: str, content_type: str, content: bytes, at: float, scene: str
    ) -> StoredMedia:
        """Keep a file under a new media id."""
        media_id = "3" + self._ids.text("", 43)
        media = StoredMedia(media_id, kind, filename, content_type, content, at, scene)
        self._media[media_id] = media
        return media

    def put_picture(self, content: bytes) -> str:
        """Keep a picture under a lasting address."""
        url = f"https://wework.example/pic/{self._ids.hexadecimal('picture')}/0"
        self.pictures[url] = content
        return url

    def content(self, part: dict[str, Any]) -> tuple[str, bytes]:
        """Name and bytes of what an attachment points to; a picture elsewhere is its address."""
        media = self._media.get(str(part.get("media_id", "")))
        if media is not None:
            return media.filename, media.content
        url = str(part.get("pic_url", ""))
        return "picture.jpg", self.pictures.get(url, url.encode())

    def check(self, media_id: str, at: float) -> StoredMedia:
        """A living file. Raises Refused 40007 or 40145."""
        media = self._media.get(media_id)
        if media is None:
            raise Refused(40007, "invalid media_id")
        if at >= media.created_at + self._modes.media_life_s:
            raise Refused(40145, "media_id expired")
        return media

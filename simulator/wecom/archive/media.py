"""Files that archived messages point to."""

import base64
import hashlib
from typing import Any

from simulator.wecom.archive.cipher import sdk_file_id, seal_media
from simulator.wecom.ids import IdMint
from simulator.wecom.state.talks import ArchivedFile, TalkShelf


def keep_file(talks: TalkShelf, ids: IdMint, content: bytes, at: float) -> dict[str, Any]:
    """Keep a file for the archive; the fields that every media body carries."""
    fileid = f"*{ids.hexadecimal('archive_file')}*"
    authkey = base64.b64encode(ids.digest("archive_auth")).decode()
    hex_key = ids.hexadecimal("archive_key")
    talks.media[fileid] = ArchivedFile(fileid, authkey, seal_media(content, hex_key), at)
    return {
        "md5sum": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "filesize": len(content),
        "sdkfileid": sdk_file_id(fileid, authkey, hex_key),
    }

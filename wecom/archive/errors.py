"""Why an archived record or file could not be opened. The record itself stays and can be retried.

ArchiveError
├── UnknownKeyVersion     no private key of the record's version: add the key, then open again
├── RecordUndecryptable   ``cause`` says which step refused it
├── FileIdUnreadable      the sdkfileid is not one of WeCom's
└── MediaUndecryptable    the bytes are not what the sdkfileid's key opens
"""

from collections.abc import Iterable
from typing import ClassVar


class ArchiveError(Exception):
    """A record or a file of the archive could not be opened."""

    code: ClassVar[str] = "wecom.archive"
    status: ClassVar[int] = 500
    sentence: ClassVar[str] = "会话存档记录无法打开，原始密文已保留。"


class UnknownKeyVersion(ArchiveError):
    """Every old private key must be kept: a record names the public key that sealed it."""

    code = "wecom.archive.unknown_key_version"

    def __init__(self, version: int, known: Iterable[int]) -> None:
        self.version = version
        self.known = tuple(sorted(known))
        super().__init__(f"no private key of version {version}; there are {self.known}")

    @property
    def person(self) -> str:
        have = "、".join(map(str, self.known)) or "无"
        return (
            f"缺少版本号为 {self.version} 的会话存档私钥（现有：{have}）。请把管理后台「会话内容存档」中"
            "该版本公钥对应的私钥加入配置，系统会重新解密。"
        )


class RecordUndecryptable(ArchiveError):
    """A step of opening refused the record.

    ``cause``: ``private_key`` (the key of this version does not fit), ``key_info`` or ``body`` (the
    record's two inner boxes), ``layout`` (its lengths).
    """

    code = "wecom.archive.record_undecryptable"

    def __init__(self, cause: str, detail: str) -> None:
        self.cause = cause
        super().__init__(f"{cause}: {detail}")

    @property
    def person(self) -> str:
        if self.cause == "private_key":
            return "会话存档私钥与管理后台的公钥不匹配，请核对该版本的密钥对。"
        return self.sentence


class FileIdUnreadable(ArchiveError):
    """The sdkfileid of a message cannot be read."""

    code = "wecom.archive.file_id_unreadable"


class MediaUndecryptable(ArchiveError):
    """A fetched file does not open with the key in its sdkfileid."""

    code = "wecom.archive.media_undecryptable"

"""What kind of file this is, judged from its first bytes: format, encoding, delimiter."""

import codecs
from pathlib import Path
from typing import Final

from kit.tabular.errors import EncodingRefused, FileCompressed, FileEmpty, FileMissing, FileTooLarge
from kit.tabular.limits import MEGABYTE, Limits
from kit.tabular.mapping import Shape

PREFIX: Final = MEGABYTE
PARQUET_MAGIC: Final = b"PAR1"
_ARCHIVES: Final = (
    (b"PK\x03\x04", "zip 压缩包或 Excel 工作簿（.xlsx）"),
    (b"PK\x05\x06", "空的 zip 压缩包"),
    (b"\x1f\x8b", "gzip 压缩文件"),
    (b"BZh", "bzip2 压缩文件"),
    (b"\xfd7zXZ\x00", "xz 压缩文件"),
    (b"7z\xbc\xaf\x27\x1c", "7z 压缩包"),
    (b"Rar!\x1a\x07", "rar 压缩包"),
    (b"\x28\xb5\x2f\xfd", "zstd 压缩文件"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧版 Excel 工作簿（.xls）"),
    (b"%PDF-", "PDF 文件"),
)
_WIDE: Final = ((codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16"))


def head_of(path: Path, limits: Limits) -> bytes:
    """The first bytes of a file that may be imported.

    Raises FileMissing, FileEmpty, FileTooLarge, or FileCompressed for an archive, which is
    never unpacked here: what a bank sends is one plain file whose size can be checked.
    """
    try:
        if not path.is_file():
            raise FileMissing(
                "找不到要导入的文件", saw=str(path), do="核对路径；目录、管道和设备不能导入"
            )
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(PREFIX)
    except OSError as error:
        raise FileMissing(
            "读不到要导入的文件", saw=str(path), do="核对文件权限", reason=error.strerror
        ) from error
    if not head.strip(b"\r\n\t \x00\xef\xbb\xbf"):
        if head.strip(b"\x00"):
            raise FileEmpty("文件里没有内容", saw=f"{size} 字节", where=path.name)
        raise FileEmpty(
            "文件是空的" if not size else "文件里只有 NUL 字节：传输没有完成",
            saw=f"{size} 字节",
            where=path.name,
            do="请数据提供方重新传送",
        )
    if size > limits.file_bytes:
        raise FileTooLarge(
            "文件超过大小上限",
            saw=f"{size} 字节，上限 {limits.file_bytes}",
            where=path.name,
            do="按机构或日期拆成几个文件",
        )
    for magic, what in _ARCHIVES:
        if head.startswith(magic):
            raise FileCompressed(
                f"这是{what}，不能直接导入",
                saw=path.name,
                do="解压，或在表格软件里“另存为 CSV UTF-8”，再导入得到的文件",
            )
    return head


def format_of(path: Path, head: bytes, shape: Shape) -> str:
    """csv, tsv or parquet: as declared, else by the magic number and the name."""
    if shape.format != "auto":
        return shape.format
    if head.startswith(PARQUET_MAGIC):
        return "parquet"
    return "tsv" if path.suffix.lower() in (".tsv", ".tab") else "csv"


def encoding_of(head: bytes, declared: str, name: str) -> str:
    """utf-8-sig or gb18030, by the byte order mark, the declaration, or a trial on the prefix.

    Raises EncodingRefused where neither decodes it.
    """
    for mark, wide in _WIDE:
        if head.startswith(mark):
            raise EncodingRefused(
                f"文件是 {wide} 编码", where=name, do="另存为“CSV UTF-8（逗号分隔）”后再导入"
            )
    if declared == "utf-8" or head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if declared == "gb18030":
        return "gb18030"
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            codecs.getincrementaldecoder(encoding)().decode(head, final=len(head) < PREFIX)
        except UnicodeDecodeError:
            continue
        return encoding
    line, column = _first_bad(head)
    raise EncodingRefused(
        "文件既不是 UTF-8 也不是 GB18030 编码",
        saw=f"第 {line} 行第 {column} 个字节起读不出文字",
        where=name,
        do="请数据提供方以 UTF-8 或 GB18030 重新导出",
    )


def _first_bad(head: bytes) -> tuple[int, int]:
    """Line and byte column where UTF-8 stops to decode."""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        before = head[: error.start]
        return before.count(b"\n") + 1, error.start - before.rfind(b"\n")
    return 1, 1


def bad_line(path: Path, encoding: str) -> int:
    """The first line of a file that does not decode (0 where all do). A line feed is never part
    of a character in UTF-8 or GB18030, so lines can be tried one by one."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                return number
    return 0


def delimiter_of(shape: Shape, format: str, first_line: str) -> str:
    """The delimiter: as declared, a tab for TSV, else the likeliest of the first line."""
    if shape.delimiter is not None:
        return shape.delimiter
    if format == "tsv":
        return "\t"
    if shape.format == "auto":
        return max((",", "\t", ";", "|"), key=first_line.count)
    return ","

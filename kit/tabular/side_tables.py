"""Look-up tables of a mapping: another file beside the data, joined in memory by its key."""

from collections.abc import Callable
from pathlib import Path

from kit.tabular.errors import ColumnMissing, SideTableRefused
from kit.tabular.limits import Limits
from kit.tabular.mapping import Mapping, Side
from kit.tabular.sources import Source, open_source


class SideTables:
    """The side tables that a mapping's expressions use, read once and kept by key.

    Only the columns that some expression asks for are kept. A key that stands twice is
    refused, because a look-up would then choose one of two truths.
    """

    def __init__(self, mapping: Mapping, folder: Path, limits: Limits) -> None:
        self._sides = {side.name: side for side in mapping.sides}
        self._folder = folder
        self._limits = limits
        self._tables: dict[tuple[str, str], dict[str, str]] = {}

    def find(self, table: str, column: str | None) -> Callable[[str], str | None]:
        """A look-up by key into ``column`` (None: the table's declared value column).

        Raises SideTableRefused or ColumnMissing where the mapping names what is not there.
        """
        side = self._sides.get(table)
        if side is None:
            raise SideTableRefused(
                "映射里没有声明这个查找表",
                saw=table[:40],
                do=f"在映射里加 [lookup.{table[:40]}]，写 path 和 key",
            )
        wanted = column or side.value
        if wanted is None:
            raise SideTableRefused(
                "不知道要查哪一列",
                saw=f"lookup.{table}",
                do=f'写成 lookup("{table}", 键, "列名")，或在 [lookup.{table}] 里写 value',
            )
        if (table, wanted) not in self._tables:
            self._tables[table, wanted] = self._read(side, wanted)
        return self._tables[table, wanted].get

    def _read(self, side: Side, wanted: str) -> dict[str, str]:
        path = self._folder / side.path
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise SideTableRefused(
                "查找表只能是数据文件同目录或其下的文件", saw=str(side.path), do="把文件放在一起"
            )
        if path.is_file() and path.stat().st_size > self._limits.side_bytes:
            raise SideTableRefused(
                "查找表太大，不能放进内存",
                saw=f"{path.stat().st_size} 字节，上限 {self._limits.side_bytes}",
                where=path.name,
            )
        source = open_source(path, side.shape, self._limits)
        try:
            return self._kept(side, source, wanted)
        finally:
            source.close()

    def _kept(self, side: Side, source: Source, wanted: str) -> dict[str, str]:
        names = (side.key, wanted, *side.where)
        for name in names:
            if name not in source.header:
                raise ColumnMissing(
                    "查找表里没有这一列",
                    saw=name[:40],
                    where=f"{side.path} 的列：{'、'.join(source.header)[:200]}",
                    do=f"核对映射的 [lookup.{side.name}]",
                )
        places = [source.header.index(name) for name in names]
        kept: dict[str, str] = {}
        for chunk in source.chunks(names):
            if chunk.refused:
                raise SideTableRefused(
                    "查找表有坏行",
                    saw=f"第 {chunk.refused[0].line} 行：{chunk.refused[0].reason}",
                    where=str(side.path),
                    do="修好查找表再导入：缺一行会让很多行对不上",
                )
            columns = [chunk.columns[place] for place in places]
            for line, (key, value, *marks) in zip(
                chunk.lines, zip(*columns, strict=True), strict=True
            ):
                if tuple(marks) != tuple(side.where.values()):
                    continue
                if kept.setdefault(key.strip(), value) is not value and kept[key.strip()] != value:
                    raise SideTableRefused(
                        "查找表的键重复，而且值不同",
                        saw=f"第 {line} 行，键 {key[:24]}",
                        where=str(side.path),
                        do=f"在 [lookup.{side.name}] 里用 where 限定，或去掉重复的行",
                    )
            if len(kept) > self._limits.side_rows:
                raise SideTableRefused(
                    "查找表太大，不能放进内存",
                    saw=f"超过 {self._limits.side_rows} 行",
                    where=str(side.path),
                )
        return kept

"""Reads a mapping file (TOML); what it does not know it refuses, with the place and the way on."""

import hashlib
import tomllib
from collections.abc import Mapping as Map
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from kit.tabular.errors import FileMissing, MappingRefused
from kit.tabular.expressions import parse
from kit.tabular.fields import Layout, Type
from kit.tabular.limits import Limits
from kit.tabular.mapping import NULLS, Mapping, Query, Rule, Shape, Side

FORMATS: Final = ("auto", "csv", "tsv", "parquet")
ENCODINGS: Final = ("auto", "utf-8", "gb18030")
_TOP = {
    "kind",
    "source",
    "source_date",
    "synthetic",
    "mode",
    "note",
    "file",
    "columns",
    "lookup",
    "sql",
}
_FILE = {"format", "delimiter", "header", "columns", "encoding", "nulls"}
_SQL = {"table", "query", "watermark", "overlap", "rows"}
_RULE = {"from", "constant", "expression", "values", "dates", "optional"}
_SIDE = _FILE | {"path", "key", "value", "where"}


def read_mapping(path: Path, layout: Layout, limits: Limits | None = None) -> Mapping:
    """Read a mapping file for ``layout``.

    Raises MappingRefused or ExpressionRefused naming the place, FileMissing where there is none.
    """
    most = (limits or Limits()).mapping_bytes
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise FileMissing(
            "读不到映射文件", saw=str(path), do="核对 --mapping 的路径", reason=error.strerror
        ) from error
    if len(content) > most:
        raise MappingRefused("映射文件太大", saw=f"超过 {most} 字节", where=path.name)
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MappingRefused(
            "映射文件不是合法的 TOML（UTF-8）", saw=str(error)[:120], where=path.name
        ) from error
    return _Reader(path, layout).mapping(document, hashlib.sha256(content).hexdigest())


class _Reader:
    """Judges every key of a mapping file; what it does not know it refuses."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.path = path
        self.layout = layout

    def refuse(self, what: str, saw: object = "", do: str = "") -> MappingRefused:
        return MappingRefused(
            what,
            saw=str(saw)[:120],
            where=self.path.name,
            do=do or "对照 docs/data.md 的“映射文件”",
        )

    def known(self, table: Any, keys: set[str], name: str) -> dict[str, Any]:
        if not isinstance(table, dict):
            raise self.refuse(f"{name} 应是一个表", table)
        for key in table:
            if key not in keys:
                raise self.refuse(
                    f"{name} 里没有 {key} 这一项", key, f"可写的项：{'、'.join(sorted(keys))}"
                )
        return table

    def words(self, value: Any, name: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.refuse(f"{name} 应是文字的列表", value)
        return tuple(value)

    def word(self, table: Map[str, Any], key: str, default: str, most: int = 200) -> str:
        value = table.get(key, default)
        if not isinstance(value, str) or len(value) > most:
            raise self.refuse(f"{key} 应是文字，最多 {most} 个字", value)
        return value

    def flag(self, table: Map[str, Any], key: str, default: bool) -> bool:
        value = table.get(key, default)
        if not isinstance(value, bool):
            raise self.refuse(f"{key} 应为 true 或 false", value)
        return value

    def choice(self, table: Map[str, Any], key: str, allowed: Sequence[str]) -> str:
        value = table.get(key, allowed[0])
        if value not in allowed:
            raise self.refuse(f"{key} 应为 {'、'.join(allowed)} 之一", value)
        return str(value)

    def mapping(self, document: dict[str, Any], digest: str) -> Mapping:
        self.known(document, _TOP, "映射文件")
        kind = self.word(document, "kind", "")
        if kind != self.layout.kind:
            raise self.refuse(
                "映射的 kind 与要导入的种类不同", kind, f"写成 kind = “{self.layout.kind}”"
            )
        source = self.word(document, "source", "", 80)
        if not source:
            raise self.refuse("缺少 source：数据从哪个系统来", do='例如 source = "core-banking"')
        columns = document.get("columns")
        if not isinstance(columns, dict) or not columns:
            raise self.refuse("缺少 [columns]：哪一列放进哪个字段")
        supplement = self.choice(document, "mode", ("whole", "supplement")) == "supplement"
        sides = document.get("lookup", {})
        if not isinstance(sides, dict):
            raise self.refuse("lookup 应是若干个表", sides)
        return Mapping(
            name=self.path.name[:80],
            kind=kind,
            source=source,
            source_date=self.word(document, "source_date", "", 10),
            synthetic=self.flag(document, "synthetic", False),
            supplement=supplement,
            shape=self.shape(self.known(document.get("file", {}), _FILE, "[file]")),
            rules=self.rules(columns, supplement),
            sides=tuple(self.side(name, table) for name, table in sides.items()),
            digest=digest,
            sql=self.query(document["sql"]) if "sql" in document else None,
        )

    def query(self, table: Any) -> Query:
        self.known(table, _SQL, "[sql]")
        overlap = table.get("overlap", 0)
        if type(overlap) is not int or not 0 <= overlap <= 10_000_000:
            raise self.refuse("overlap 应是 0 到一千万的整数", overlap)
        found = Query(
            table=self.word(table, "table", ""),
            query=self.word(table, "query", "", 20_000),
            watermark=self.word(table, "watermark", "", 128),
            overlap=overlap,
            rows=self.word(table, "rows", "", 20_000),
        )
        if bool(found.table) == bool(found.query):
            raise self.refuse("[sql] 应恰好写 table、query 之一")
        return found

    def shape(self, table: dict[str, Any]) -> Shape:
        delimiter = table.get("delimiter")
        if delimiter is not None and (
            not isinstance(delimiter, str)
            or len(delimiter) != 1
            or not delimiter.isascii()
            or delimiter in '\r\n"\0'
        ):
            raise self.refuse("delimiter 应是一个字符，如 “,” “\\t” “|” “;”", delimiter)
        header = self.flag(table, "header", True)
        columns = self.words(table.get("columns", []), "columns")
        if header == bool(columns):
            raise self.refuse(
                "有表头就不写 columns，没有表头（header = false）才写", f"header = {header}"
            )
        if len(set(columns)) != len(columns):
            raise self.refuse("columns 里有重名的列", columns)
        return Shape(
            format=self.choice(table, "format", FORMATS),
            delimiter=delimiter,
            header=header,
            columns=columns,
            encoding=self.choice(table, "encoding", ENCODINGS),
            nulls=self.words(table.get("nulls", list(NULLS)), "nulls"),
        )

    def rules(self, columns: dict[str, Any], supplement: bool) -> tuple[Rule, ...]:
        rules = [self.rule(target, table) for target, table in _flat(columns)]
        given = {rule.target for rule in rules}
        for one in self.layout.fields:
            twin = {
                other.name
                for other in self.layout.fields
                if other.target == one.target and other.name in given
            }
            if len(twin) > 1:
                raise self.refuse("这些字段是同一个值，只能给一个", "、".join(sorted(twin)))
            needed = one.target in self.layout.key if supplement else one.required
            if needed and not twin:
                raise self.refuse(
                    f"缺少必需字段 {one.name}（{one.title}）",
                    do=f'在 [columns] 里加 {one.name} = {{ from = "文件里的列名" }}',
                )
        order = {name: place for place, name in enumerate(self.layout.names)}
        return tuple(sorted(rules, key=lambda rule: (order.get(rule.target, 999), rule.target)))

    def rule(self, target: str, table: Any) -> Rule:
        found = self.layout.find(target)
        if found is None or found.name != target:
            raise self.refuse(
                f"{self.layout.title}没有字段 {target}",
                target,
                f"可用的字段：{'、'.join(self.layout.names)}",
            )
        if isinstance(table, str):
            table = {"from": table}
        self.known(table, _RULE, f"columns.{target}")
        ways = [key for key in ("from", "constant", "expression") if key in table]
        if len(ways) != 1:
            raise self.refuse(
                f"columns.{target} 应恰好写 from、constant、expression 之一", "、".join(ways)
            )
        text = self.word(table, ways[0], "", 500)
        expression = parse(text) if ways[0] == "expression" else None
        if expression and found.type is Type.YUAN and expression.outermost == "yuan_to_fen":
            raise self.refuse(
                f"{target} 的单位是元，yuan_to_fen 的结果是分",
                text,
                "改用 …_fen 字段，或去掉 yuan_to_fen",
            )
        values = table.get("values")
        if values is not None and (
            not isinstance(values, dict)
            or not all(isinstance(one, str | int) for one in values.values())
        ):
            raise self.refuse(f"columns.{target} 的 values 应是“原值 = 新值”的表", values)
        return Rule(
            target=target,
            source=text if ways[0] == "from" else None,
            constant=text if ways[0] == "constant" else None,
            expression=expression,
            values=None if values is None else {str(k): str(v) for k, v in values.items()},
            dates=self.words(table.get("dates", []), f"columns.{target} 的 dates"),
            optional=self.flag(table, "optional", False),
        )

    def side(self, name: str, table: Any) -> Side:
        self.known(table, _SIDE, f"lookup.{name}")
        where = table.get("where", {})
        if not isinstance(where, dict) or not all(isinstance(one, str) for one in where.values()):
            raise self.refuse(f"lookup.{name} 的 where 应是“列 = 值”的表", where)
        path = self.word(table, "path", "")
        key = self.word(table, "key", "")
        if not path or not key:
            raise self.refuse(f"lookup.{name} 要有 path（文件）和 key（键列）")
        if Path(path).is_absolute() or ".." in Path(path).parts:
            raise self.refuse(
                f"lookup.{name} 的 path 只能是数据文件同目录或其下的文件", path, "写成文件名"
            )
        return Side(
            name=name,
            path=Path(path),
            shape=self.shape({key: value for key, value in table.items() if key in _FILE}),
            key=key,
            value=self.word(table, "value", "") or None,
            where=where,
        )


def _flat(columns: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """The rules of [columns]; ``attributes.x = {...}`` arrives as a table in a table."""
    found: list[tuple[str, Any]] = []
    for name, table in columns.items():
        if not prefix and isinstance(table, dict) and table and not set(table) & _RULE:
            found += _flat(table, f"{name}.")
        else:
            found.append((prefix + name, table))
    return found

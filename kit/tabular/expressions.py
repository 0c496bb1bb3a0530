"""Reads and runs the expressions of a mapping: names, texts, numbers and listed functions.

``add_months(issued, 36)`` · ``concat("D", pad(district, 3))`` · ``lookup("owner", account)``.
A name is a column of the file; ``col("any name")`` is one whose name is no identifier. There
is no other syntax, nothing is evaluated by Python, and depth and length are bounded.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kit.tabular.errors import ColumnMissing, ExpressionRefused
from kit.tabular.functions import FUNCTIONS, ExpressionFailed, as_text

LONGEST: Final = 500
DEEPEST: Final = 12
_TOKEN = re.compile(
    r"\s*(?:(?P<text>\"[^\"]*\"|'[^']*')|(?P<number>-?\d{1,18}(?![\w.]))|(?P<name>[^\W\d]\w*)"
    r"|(?P<mark>[(),]))"
)
Evaluate = Callable[[Sequence[str]], Any]
"""From the cells of a row to a value; raises ExpressionFailed."""


class LookupFailed(ExpressionFailed):
    """A side table has no such key."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A text or a whole number as it stands."""

    value: str | int


@dataclass(frozen=True, slots=True)
class Call:
    """A listed function over its arguments."""

    function: str
    arguments: tuple["Node", ...]


Node = Column | Literal | Call
SideLookup = Callable[[str, str | None], Callable[[str], str | None]]
"""From a side table's name and a column (None: its first) to a look-up by key."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression: as written, and as a tree."""

    text: str
    tree: Node

    @property
    def columns(self) -> frozenset[str]:
        """The columns of the file that it reads."""
        return frozenset(_columns(self.tree))

    @property
    def outermost(self) -> str:
        """The function that makes the result, or nothing."""
        return self.tree.function if isinstance(self.tree, Call) else ""


def _columns(node: Node) -> set[str]:
    if isinstance(node, Column):
        return {node.name}
    if isinstance(node, Call):
        return set().union(*map(_columns, node.arguments))
    return set()


def parse(text: str) -> Expression:
    """Read an expression. Raises ExpressionRefused saying what stands where."""
    if len(text) > LONGEST:
        raise ExpressionRefused(f"表达式最长 {LONGEST} 个字符", saw=f"{len(text)} 个字符")
    reader = _Reader(text)
    tree = reader.node(0)
    reader.finish()
    return Expression(text, tree)


class _Reader:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def refuse(self, what: str) -> ExpressionRefused:
        return ExpressionRefused(
            f"表达式第 {self.at + 1} 个字符处{what}",
            saw=self.text[:80],
            where="docs/data.md 的“表达式”一节",
            do=f"可用的函数：{'、'.join([*FUNCTIONS, 'col', 'lookup'])}",
        )

    def token(self) -> tuple[str, str]:
        found = _TOKEN.match(self.text, self.at)
        if not found or found.lastgroup is None:
            if self.text[self.at :].strip():
                raise self.refuse("读不懂")
            raise self.refuse("还没有写完")
        self.at = found.end()
        return found.lastgroup, found[found.lastgroup]

    def peek(self) -> str:
        found = _TOKEN.match(self.text, self.at)
        return found["mark"] or "" if found else ""

    def finish(self) -> None:
        if self.text[self.at :].strip():
            raise self.refuse("之后还有多余的内容")

    def node(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise self.refuse(f"嵌套超过 {DEEPEST} 层")
        kind, word = self.token()
        if kind == "text":
            return Literal(word[1:-1])
        if kind == "number":
            return Literal(int(word))
        if kind != "name":
            raise self.refuse(f"不该出现“{word}”")
        if self.peek() != "(":
            return Column(word)
        return self.call(word, depth)

    def call(self, name: str, depth: int) -> Node:
        self.token()
        arguments: list[Node] = []
        while self.peek() != ")":
            if arguments and self.token()[1] != ",":
                raise self.refuse("少了逗号或右括号")
            arguments.append(self.node(depth + 1))
        self.token()
        return self.checked(name, tuple(arguments))

    def checked(self, name: str, arguments: tuple[Node, ...]) -> Node:
        if name == "col":
            if len(arguments) == 1 and isinstance(arguments[0], Literal):
                return Column(as_text(arguments[0].value))
            raise self.refuse('：col 的参数应是一个列名，如 col("客户 号")')
        if name == "lookup":
            if len(arguments) in (2, 3) and all(
                isinstance(arguments[place], Literal) for place in (0, *range(2, len(arguments)))
            ):
                return Call(name, arguments)
            raise self.refuse('：应写成 lookup("表名", 键) 或 lookup("表名", 键, "列名")')
        function = FUNCTIONS.get(name)
        if function is None:
            raise self.refuse(f"没有函数“{name}”")
        if len(arguments) < function.least or (
            function.most is not None and len(arguments) > function.most
        ):
            raise self.refuse(f"函数 {name} 的参数个数不对（现在 {len(arguments)} 个）")
        return Call(name, arguments)


def bind(expression: Expression, places: Mapping[str, int], side: SideLookup) -> Evaluate:
    """Tie an expression to a file's columns and the side tables.

    Raises ColumnMissing or SideTableRefused where the file or a table lacks what it names.
    """
    return _bound(expression.tree, places, side)


def _bound(node: Node, places: Mapping[str, int], side: SideLookup) -> Evaluate:
    if isinstance(node, Literal):
        constant = node.value
        return lambda _cells: constant
    if isinstance(node, Column):
        place = places.get(node.name)
        if place is None:
            raise ColumnMissing(
                "表达式里的列不在文件里", saw=node.name, do=f"文件的列：{'、'.join(places)[:300]}"
            )
        return lambda cells: cells[place]
    if node.function == "lookup":
        return _bound_lookup(node, places, side)
    call = FUNCTIONS[node.function].call
    arguments = [_bound(argument, places, side) for argument in node.arguments]
    return lambda cells: call(*[argument(cells) for argument in arguments])


def _bound_lookup(node: Call, places: Mapping[str, int], side: SideLookup) -> Evaluate:
    words = [argument.value for argument in node.arguments if isinstance(argument, Literal)]
    table = str(words[0])
    column = str(words[-1]) if len(node.arguments) == 3 else None
    find = side(table, column)
    key = _bound(node.arguments[1], places, side)

    def look_up(cells: Sequence[str]) -> str | None:
        wanted = as_text(key(cells)).strip()
        if not wanted:
            return None
        found = find(wanted)
        if found is None:
            raise LookupFailed(f"查找表 {table} 里没有这个键（{wanted[:24]}）")
        return found

    return look_up

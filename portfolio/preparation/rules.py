"""The seven boxes, and whether a record is ready for a campaign. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Box:
    """One box: a question, or a preparation, with what belongs in it."""

    name: str
    title: str
    hint: str
    kind: str  # question | preparation


BOXES: Final = (
    Box("cares", "客户在乎什么", "这批客户最在意的两三件事，从哪里知道的", "question"),
    Box("staff", "员工怎么做", "客户经理按哪几步做，每步说什么", "question"),
    Box("watch", "网点如何监督", "谁在什么时候看哪几个数，没做怎么办", "question"),
    Box("needs", "需求排查", "用什么办法问清需求，问过多少位", "preparation"),
    Box("reward", "达标回馈机制", "达到什么给什么，谁出，到什么时候", "preparation"),
    Box("list", "提升名单", "名单怎么圈的，有多少位，在哪里看", "preparation"),
    Box("drill", "规范套路与培训", "话术与步骤在哪里，谁培训过，哪天", "preparation"),
)
NAMES: Final = tuple(one.name for one in BOXES)
LEAST: Final = 4
"""Characters that say something; “无” and “ok” do not."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a campaign may stand on the record, and which boxes are still empty."""

    missing: tuple[Box, ...]

    @property
    def is_ready(self) -> bool:
        """Every box has content."""
        return not self.missing


def says_something(content: str) -> bool:
    """Whether a box's content counts as filled."""
    return len("".join(content.split())) >= LEAST


def ready(record: Mapping[str, str]) -> Readiness:
    """What is missing in ``record`` (content by box name)."""
    return Readiness(tuple(one for one in BOXES if not says_something(record.get(one.name, ""))))

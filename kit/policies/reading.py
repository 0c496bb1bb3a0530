"""Reads a policy's text, and says in Chinese where it is wrong."""

import tomllib
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from config.policy_catalogue import KINDS, Kind
from kit.policies.errors import PolicyRefused, PolicyUnknown

P = TypeVar("P", bound=BaseModel)
LONGEST: Final = 200_000
_BY_NAME: Final[Mapping[str, Kind[Any]]] = {kind.name: kind for kind in KINDS}
_SAYINGS: Final = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项，是不是写错了名字",
    "int_parsing": "应是整数",
    "int_type": "应是整数",
    "int_from_float": "应是整数",
    "float_type": "应是数字",
    "bool_type": "应是 true 或 false",
    "string_type": "应是文字，加引号",
    "string_too_short": "不能是空的",
    "string_too_long": "太长了",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "literal_error": "应是 {expected} 之一",
    "tuple_type": "应是列表",
    "list_type": "应是列表",
    "dict_type": "应是一节",
    "model_type": "应是一节",
    "too_short": "至少要有 {min_length} 项",
}


def kind_of(name: str) -> Kind[Any]:
    """The policy of that name. Raises PolicyUnknown."""
    if name not in _BY_NAME:
        raise PolicyUnknown("没有这项策略", saw=name[:32], do="、".join(_BY_NAME))
    return _BY_NAME[name]


def values_of(kind: Kind[Any], text: str) -> Mapping[str, Any]:
    """The plain values of a policy's text, known to be a policy of ``kind``.

    Raises PolicyRefused with the place: the line that is not TOML, or the item that does not fit.
    """
    if len(text) > LONGEST:
        raise PolicyRefused("策略文字太长", saw=f"{len(text)} 个字", do=f"不超过 {LONGEST} 个字")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyRefused(
            "策略文字读不出来", saw=str(error)[:200], do="按 TOML 的写法改正"
        ) from None
    policy_of(kind, values)
    return values


def policy_of(kind: Kind[P], values: Mapping[str, Any]) -> P:
    """The policy in ``values``. Raises PolicyRefused naming the first items that do not fit."""
    try:
        return kind.read(values)
    except ValidationError as error:
        found = [_saying(one) for one in error.errors(include_url=False)]
        raise PolicyRefused(
            f"“{kind.title}”里有 {len(found)} 处不对",
            saw="；".join(found[:5])[:600],
            do="改正后再提交",
        ) from None


def _saying(one: Any) -> str:
    place = ".".join(str(part) for part in one["loc"]) or "整份策略"
    context = one.get("ctx", {})
    words = _SAYINGS.get(one["type"])
    if words is not None:
        return f"{place}：{words.format_map(context)}"
    reason = context.get("error")
    return f"{place}：{reason if reason is not None else one['msg']}"

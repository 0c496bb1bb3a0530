"""The one thing a sender may change: a greeting before the approved words. The rest is locked.

A greeting is free text: it is short, stands on one line, and names no figure, no product, no
link; whoever hands it out screens it as a manager's own words besides.
"""

import re
from typing import Final

from config.library_policy import LibraryPolicy
from content_library.errors import GreetingRefused
from content_library.facts import ApprovedScript, Form, Library
from content_library.fields import clean

_FIGURE: Final = re.compile(
    r"[0-9０-９一二三四五六七八九十百千万亿]+\s*(?:%|％|元|块|万|亿|倍|点|个点)|[0-9０-９]{2,}"
)
_LINK: Final = re.compile(r"(?:https?:|www\.|[a-z0-9-]+\.(?:com|cn|net|top|vip|cc))", re.I)
_PRODUCT: Final = re.compile(
    r"理财|基金|保险|存款|存单|产品|收益|利率|利息|贷款|股票|黄金|净值|业绩|风险|保本|R[1-5]", re.I
)


def may_greet(script: ApprovedScript, policy: LibraryPolicy) -> int:
    """How many characters a sender may put before this script; 0: none."""
    if script.library != Library.SCRIPT or script.form != Form.SINGLE:
        return 0
    return policy.greeting.longest if script.purpose in policy.greeting.purposes else 0


def greeting_of(text: str, script: ApprovedScript, policy: LibraryPolicy) -> str:
    """The greeting, trimmed; empty where there is none. Raises GreetingRefused."""
    said = clean(text.replace("\r\n", "\n").strip())
    if not said:
        return ""
    most = may_greet(script, policy)
    if most == 0:
        raise _refused("这类话术不许加问候", "直接发送审核过的原文")
    if "\n" in text.strip() or len(said) > most:
        raise _refused(f"问候应写成一行，不超过 {most} 个字", "改短一些")
    if _LINK.search(said) or _FIGURE.search(said) or _PRODUCT.search(said) or "{{" in said:
        raise _refused("问候里不能有网址、数字和产品字样", "只写问候，产品的话用审核过的原文")
    return said


def _refused(what: str, do: str) -> GreetingRefused:
    return GreetingRefused(what, where="策略“内容库”的 greeting", do=do)

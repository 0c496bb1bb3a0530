"""WeCom's own word rules."""

from typing import Any

from tests.unit.web.examples.console_shell import shell, tab
from tests.unit.web.examples.moments import at

RULE: dict[str, Any] = {
    "name": "耕耘·收益承诺1",
    "words": 128,
    "words_url": "/c/fence/words?rule=耕耘·收益承诺1",
    "action": "拦下",
    "range": "部门 1",
    "step": "新增",
    "stepped_at": at(20, 3, 10),
    "state_text": "一致",
    "state_kind": "ok",
    "difference": "—",
}
FENCE: dict[str, Any] = {
    **shell("fence"),
    "automatic": False,
    "looked_at": at(20, 3, 10),
    "tabs": [tab("全部", "/c/fence", 1, current=True)],
    "state": None,
    "rules": [RULE, {**RULE, "step": "—", "stepped_at": None, "difference": "3 个词不同"}],
}
PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "fence": ("console/fence.html", "/c/fence", FENCE),
    "fence_automatic": ("console/fence.html", "/c/fence", {**FENCE, "automatic": True}),
}

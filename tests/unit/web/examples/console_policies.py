"""Contexts of the pages about policies."""

from typing import Any

from kit.policies.changes import changes, compared
from tests.unit.web.examples.console_shell import shell
from tests.unit.web.examples.moments import NOW

OLD = 'profile = "招行"\n\n[[band]]\nname = "5万以上"\nfrom_yuan = 50000\n'
NEW = 'profile = "民生"\n\n[[band]]\nname = "5万以上"\nfrom_yuan = 60000\n'
ROW: dict[str, Any] = {
    "title": "层级与资产段", "name": "tiers", "href": "/c/policies/tiers", "version": "第 2 版", "since": NOW,
    "by_text": "王珊 提交，何静 复核", "reason": "分行要求有效客户从 2 万起", "waiting": "",
}  # fmt: skip
POLICIES: dict[str, Any] = {
    **shell("policies"),
    "policies": [
        {**ROW, "waiting": "王珊：起点改为 6 万"},
        {**ROW, "title": "适当性", "name": "suitability", "version": "出厂设置", "since": None, "by_text": "", "reason": ""},
    ],
}  # fmt: skip
VERSION: dict[str, Any] = {
    "number": 3, "href": "/c/policies/tiers?version=3", "current": True, "state_text": "等复核", "state_kind": "warn",
    "reason": "起点改为 6 万", "proposed_by": "王珊", "proposed_at": NOW, "decided_by": "", "decided_at": None, "opinion": "", "digest": "9f" * 32,
}  # fmt: skip
POLICY: dict[str, Any] = {
    **shell("policies"),
    "title": "层级与资产段", "name": "tiers", "here": "/c/policies/tiers", "now_text": "第 2 版",
    "shown": {
        "number": 3, "heading": "第 3 版", "text": NEW, "against": "与第 2 版比",
        "changes": changes({"profile": "招行", "band": [{"name": "5万以上", "from_yuan": 50000, "below_yuan": 1}]}, {"profile": "民生", "band": [{"name": "5万以上", "from_yuan": 60000, "source": "S0"}]}),
        "lines": compared(OLD, NEW),
    },
    "decision": {"action": "/c/policies/tiers/3/decide", "own": False, "options": [{"value": "approve", "text": "同意生效", "note": "一分钟内所有进程按新版本办"}, {"value": "refuse", "text": "退回", "note": "提交人改好后可再提交"}]},
    "versions": [VERSION, {**VERSION, "number": 2, "current": False, "state_text": "生效中", "state_kind": "ok", "decided_by": "何静", "decided_at": NOW, "opinion": "与文件一致"}],
    "may_propose": False, "waits_href": "/c/policies/tiers?version=3", "draft": OLD, "reason": "", "error": None,
}  # fmt: skip
EDITING: dict[str, Any] = {
    **POLICY, "may_propose": True, "waits_href": "", "decision": None, "versions": [], "now_text": "出厂设置",
    "shown": {"number": 0, "heading": "出厂设置", "text": OLD, "against": "", "changes": [], "lines": []},
    "error": {"code": "E-1702", "what": "“层级与资产段”里有 1 处不对", "saw": "profile：没有名为“某行”的层级方案", "where": "", "do": "改正后再提交", "facts": {}},
}  # fmt: skip

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "console_policies": ("console/policies.html", "GET /c/policies", POLICIES),
    "console_policy": ("console/policy.html", "GET /c/policies/{name}", POLICY),
    "console_policy_editing": ("console/policy.html", "GET /c/policies/{name}", EDITING),
}

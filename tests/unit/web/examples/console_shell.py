"""What every console page is given: brand, navigation by permission, who is asking."""

from typing import Any

from tests.unit.web.examples.h5 import BRAND
from tests.unit.web.examples.moments import NOW, TODAY


def entry(
    id_: str, text: str, icon: str, href: str, count: int | None = None, hot: bool = False
) -> dict[str, Any]:
    """One entry of the navigation."""
    return {"id": id_, "text": text, "icon": icon, "href": href, "count": count, "hot": hot}


NAV: list[dict[str, Any]] = [
    {"title": "经营", "open": True, "waiting": 0, "entries": [
        entry("overview", "总览", "overview", "/c/"), entry("customers", "客户", "person", "/c/customers"),
        entry("personas", "客群", "people", "/c/personas"), entry("plans", "每日计划", "cal", "/c/plans"),
        entry("todos", "任务与执行", "list", "/c/todos"), entry("groups", "客户群", "group", "/c/groups")]},
    {"title": "内容", "open": True, "waiting": 12, "entries": [entry("library", "内容库", "doc", "/c/library"), entry("review", "审核", "shield-ok", "/c/review", 12)]},
    {"title": "合规", "open": False, "waiting": 7, "entries": [
        entry("interactions", "互动留痕", "link", "/c/interactions"), entry("audit", "审计检索", "search", "/c/audit"),
        entry("alerts", "预警", "bell", "/c/alerts", 7, hot=True), entry("evidence", "证据包", "zip", "/c/evidence"),
        entry("log", "操作日志", "eye", "/c/log")]},
    {"title": "系统", "open": False, "waiting": 23, "entries": [
        entry("work", "工单", "fork", "/c/work", 23), entry("imports", "数据导入", "box", "/c/imports"),
        entry("people", "角色与机构", "key", "/c/people"), entry("setup", "接入与配置", "cog", "/c/setup"),
        entry("health", "运行状况", "pulse", "/c/health")]},
]  # fmt: skip

SHELL: dict[str, Any] = {
    "brand": BRAND,
    "csrf_token": "5f0c0b1d",
    "size": "",
    "today": TODAY,
    "now": NOW,
    "me": {"name": "何静", "role_name": "总行 · 合规审计", "unit_name": "总行"},
    "nav": NAV,
    "here": "overview",
    "view_ref": "",
}


def shell(here: str, view_ref: str = "") -> dict[str, Any]:
    """The shell with its place in the navigation and, for logged views, the entry that records it."""
    return {**SHELL, "here": here, "view_ref": view_ref}


def choice(
    name: str, label: str, options: list[tuple[str, str]], value: str = ""
) -> dict[str, Any]:
    """A filter with a list to choose from; the first option is "all"."""
    return {
        "name": name,
        "label": label,
        "kind": "select",
        "value": value,
        "options": options,
        "hint": "",
    }


def words(name: str, label: str, hint: str, value: str = "") -> dict[str, Any]:
    """A filter to type in."""
    return {
        "name": name,
        "label": label,
        "kind": "text",
        "value": value,
        "options": [],
        "hint": hint,
    }


def day(name: str, label: str, value: str = "") -> dict[str, Any]:
    """A filter by day; ``value`` is an ISO day."""
    return {"name": name, "label": label, "kind": "date", "value": value, "options": [], "hint": ""}


UNITS = choice("unit", "机构", [("", "全行"), ("0101", "翠湖支行"), ("0102", "滨江支行")])


def number(
    name: str,
    value: str,
    unit: str,
    note: str,
    how: str,
    href: str,
    direction: int = 0,
    bad: bool = False,
) -> dict[str, Any]:
    """One of the numbers above a page; it opens its list."""
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "note": note,
        "how": how,
        "href": href,
        "direction": direction,
        "bad": bad,
    }


def paging(total: int | None, shown: str, next_url: str | None = None) -> dict[str, Any]:
    """Keyset paging: where the list goes on."""
    return {"total": total, "more_than": False, "shown": shown, "next": next_url, "first": None}


def tab(text: str, href: str, n: int | None = None, current: bool = False) -> dict[str, Any]:
    """A tab with its count."""
    return {"text": text, "href": href, "n": n, "current": current}


def happened(kind: str, icon: str, title: str, moment: Any, **more: Any) -> dict[str, Any]:
    """One thing in a timeline; kind: send | ok | warn | danger | ""."""
    usual = {
        "kind": kind,
        "icon": icon,
        "title": title,
        "at": moment,
        "badges": [],
        "parts": [],
        "href": None,
        "link": "",
    }
    return {**usual, **more}


SEAL: dict[str, Any] = {
    "ok": True,
    "title": "未被改动",
    "text": "刚刚重新计算，与存证一致",
    "facts": [("本段", "18 条，无缺号", ""), ("序号", "1284301–1284318", "seq"), ("链尾摘要", "9f3c 51d0 … a21b", "mono"),
              ("存证", "今天 10:00 检查点", ""), ("全量核验", "今天 06:00，42 秒", "")],
    "actions": [{"text": "下载证明", "href": "/c/interactions/proof", "kind": "", "icon": "down"},
                {"text": "怎样离线核验", "href": "/c/help/verify", "kind": "quiet", "icon": None}],
}  # fmt: skip
BROKEN_SEAL: dict[str, Any] = {
    "ok": False,
    "title": "第 1284312 条被改动",
    "text": "原文与存证摘要不一致，前后各条完好",
    "facts": [("存证摘要", "e90f 3b57 … 77ad", "mono"), ("现在算出", "41c8 9d02 … 0be6", "mono c-danger"),
              ("最后一致", "今天 10:00 检查点", ""), ("发现时间", "今天 10:41:09", "")],
    "actions": [{"text": "冻结并上报", "href": "/c/alerts/new?seq=1284312", "kind": "danger", "icon": "lock"}],
}  # fmt: skip

"""What kinds of files, states of runs and reasons of rejects are called."""

from typing import Final

KINDS: Final = {
    "units": "机构",
    "staff": "员工",
    "products": "产品",
    "navs": "产品净值",
    "customers": "客户",
    "holdings": "持仓",
    "assignments": "管户",
    "consents": "客户授权",
    "snapshots": "资产快照",
    "events": "客户事件",
    "flows": "资金流",
    "touches": "触达记录",
    "farming": "种养殖",
    "signals": "行为线索",
    "complaints": "投诉",
    "certificates": "从业证书",
}
STATES: Final = {
    "running": ("正在导入", "info"),
    "applied": ("已生效", "ok"),
    "refused": ("整个没收", "danger"),
    "failed": ("没有完成", "danger"),
    "dry_run": ("试导入", ""),
    "reverted": ("已撤回", "warn"),
    "revert": ("撤回", "info"),
}
REJECTS: Final = {
    "E-2201": "必填的格是空的",
    "E-2202": "文字太长",
    "E-2203": "含有不能用的字符",
    "E-2204": "编号不对",
    "E-2205": "不是数字",
    "E-2206": "金额是负数",
    "E-2207": "金额的精度或范围不对",
    "E-2208": "日期读不出来",
    "E-2209": "日期超出范围",
    "E-2210": "不在可选值里",
    "E-2211": "应写是或否",
    "E-2212": "手机号不对",
    "E-2213": "格数与表头不同",
    "E-2214": "表达式在这一行算不出来",
    "E-2215": "查找表里没有这个键",
    "E-2216": "值没有对应",
    "E-2230": "主键重复",
    "E-2231": "机构不存在",
    "E-2232": "员工不存在",
    "E-2233": "客户不存在",
    "E-2234": "企业微信账号被占用",
    "E-2235": "机构的上级不对",
    "E-2236": "这个角色不能由文件授予",
    "E-2237": "客户已要求删除个人信息",
    "E-2238": "内容属于禁止打标的种类",
    "E-2239": "本行评级低于管理人评级",
    "E-2240": "业绩比较基准没有测算依据",
    "E-2241": "业绩比较基准写法不对",
    "E-2242": "产品不存在",
    "E-2243": "净值读不出",
}


def kind_text(kind: str) -> str:
    """What a kind of file is called."""
    return KINDS.get(kind, kind)


def number_of(run_id: int) -> str:
    """How people name a run: the same number as in the ledger and on the command line."""
    return f"导入 {run_id}"

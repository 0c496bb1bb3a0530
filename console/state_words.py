"""What states, kinds and sources are called on the pages of the desk."""

from typing import Final

WORK_KINDS: Final = {
    "material_upload": "素材传不到企业微信",
    "transfer_overdue": "移交后没有按时联系",
    "introduction_overdue": "移交前没有按时介绍",
    "binding_conflict": "实名匹配冲突",
    "owner_mismatch": "归属不符",
    "send_unknown": "结果不明",
    "send_failed": "企业微信没有接收",
    "staff_left": "离职员工的客户要移交",
    "transfer_failed": "客户没有移交成功",
    "handover_blocked": "移交交不出去",
    "broadcast_failed": "群发没有建成",
    "customer_optout": "客户要求停止打扰",
    "customer_complaint": "客户可能要投诉",
    "complaint_case": "客户投诉",
    "erased_friend": "删除个人信息后的好友",
    "opted_out_in_moment": "退订客户在已交出的朋友圈里",
    "moment_strangers": "名单外的客户看到了朋友圈",
    "moment_failed": "企业微信没有发出朋友圈",
    "broadcast_unclear": "群发的结果没有问清",
    "broadcasts_await_admin": "群发在等企业微信管理员",
    "moment_unclear": "企业朋友圈的结果没有问清",
    "opted_out_in_task": "退订客户在已交出的群发里",
    "sent_after_opt_out": "退订后仍发出",
    "sent_after_recall": "停用后仍发出",
    "recalled_in_task": "停用的话术在已交出的群发里",
    "campaign_task_stays": "停止的活动还在成员的群发里",
    "todos_undone": "待办没有做",
    "broadcasts_unconfirmed": "群发没有确认",
    "rule_lowered": "误拦太多的规则已降级",
}

TODO_STATES: Final = {
    "open": ("没做", "warn"),
    "handed": ("正在发送", "info"),
    "claimed": ("手机上报已发", "info"),
    "confirmed": ("存档一致", "ok"),
    "noted": ("自己记的，等旁证", "info"),
    "done": ("已办，有旁证", "ok"),
    "expired": ("到期没做", "danger"),
    "cancelled": ("已撤回", ""),
}

PURPOSES: Final = {
    "service": ("服务", "info"),
    "care": ("关怀", "ok"),
    "marketing": ("营销", "warn"),
}
FORMS: Final = {
    "single": "单聊",
    "broadcast": "群发",
    "group": "客户群",
    "moment": "朋友圈",
    "welcome": "欢迎语",
    "page": "资讯页",
    "attachment": "素材",
}
SCRIPT_STATES: Final = {
    "draft": ("草稿", ""),
    "submitted": ("审核中", "warn"),
    "approved": ("已发布", "ok"),
    "rejected": ("已驳回", "danger"),
    "retired": ("已停用", ""),
}
SEVERITIES: Final = {"high": ("高", "danger"), "normal": ("中", "warn"), "low": ("低", "")}
ALERT_STATES: Final = {
    "new": "未认领",
    "claimed": "办理中",
    "escalated": "已升级",
    "closed": "已办结",
}
ALERT_OUTCOMES: Final = {"clear": "无问题", "corrected": "已整改", "reported": "已上报"}
ALERT_KINDS: Final = {
    "violation": "违规表述",
    "complaint": "客户可能要投诉",
    "optout": "客户要求停止打扰",
    "question": "客户的问题要留意",
}
PACK_STATES: Final = {
    "requested": ("等复核", "warn"),
    "approved": ("已同意", "info"),
    "refused": ("不同意", "danger"),
    "built": ("已导出", "ok"),
}
PRODUCT_KINDS: Final = {
    "deposit": "定期存款",
    "wealth": "理财",
    "fund": "基金",
    "insurance": "保险",
    "metal": "贵金属",
    "loan": "贷款",
    "card": "银行卡",
}
UNIT_KINDS: Final = {"hq": "总行", "branch": "分行", "subbranch": "支行", "outlet": "网点"}
BINDINGS: Final = {
    "unionid": "微信身份一致",
    "phone": "备注手机号一致",
    "state": "客户专属活码",
    "hand": "人工核对",
    "real_name": "实名链接",
}
SOURCES: Final = {
    "crm": "核心系统",
    "csv": "核心系统文件",
    "self": "客户自述",
    "group": "所在客户群",
    "behavior": "行为",
    "chat": "聊天",
    "hand": "人工",
}
ENDED_BY: Final = {
    "staff": "员工删除",
    "customer": "客户删除",
    "transfer": "已转给同事",
    "reconcile": "对账时已不存在",
}

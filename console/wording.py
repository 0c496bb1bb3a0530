"""What acts, kinds and states are called on the pages of the desk."""

from typing import Final

KINDS: Final = {
    "send": ("发送", "info"),
    "contact": ("好友", "ok"),
    "customer": ("授权", "ok"),
    "persona": ("客群", ""),
    "plan": ("计划", ""),
    "group": ("群", ""),
    "chat": ("会话", ""),
    "content": ("内容", "warn"),
    "work": ("工单", "warn"),
    "import": ("导入", ""),
    "setup": ("设置", "warn"),
    "access": ("查看", ""),
}
"""Kinds of ledger entries: name and colour, in the order of the filter."""

ACTS: Final = {
    "send.prepared": "发放一次性发送许可",
    "send.claimed": "一键发送，手机上报已发",
    "send.cancelled": "没有发出",
    "send.confirmed": "存档里找到同样的话",
    "send.differs": "存档里的话与话术不一致",
    "send.blocked": "发送被规则拦下",
    "todo.planned": "编入客户经理待办",
    "todo.outcome": "记录结果",
    "todo.postponed": "改期",
    "todo.expired": "待办到期未做",
    "todo.withdrawn": "待办撤回",
    "broadcast.planned": "编入群发",
    "broadcast.sent": "群发任务交给企业微信",
    "broadcast.failed": "群发任务没有建成",
    "broadcast.unknown": "群发任务结果不明",
    "broadcast.found": "查到群发任务已建成",
    "broadcast.absent": "查到群发任务没有建成",
    "welcome.queued": "准备欢迎语",
    "welcome.sent": "发出欢迎语",
    "welcome.missed": "没赶上欢迎语",
    "welcome.failed": "欢迎语没有发出",
    "staff_card.sent": "晨间卡片已发",
    "day.planned": "完成当天计划",
    "contact.bound": "联系人匹配到客户",
    "contact.unbound": "解除匹配",
    "contact.binding_conflict": "匹配有冲突，等人核对",
    "contact.conflict_dismissed": "核对后确认都不是",
    "contact.added": "客户加好友",
    "contact.updated": "好友资料变化",
    "relation.added": "客户加好友",
    "relation.ended": "好友关系结束",
    "relation.half": "等待同意加好友",
    "tags.landed": "标签同步",
    "tags.made": "企业标签就位",
    "tags.marked": "打上或去掉标签",
    "persona.changed": "客群变化",
    "customer.tier_moved": "层级变化",
    "customer.tiers_placed": "划分层级",
    "consent.given": "客户同意",
    "consent.withdrawn": "客户撤回同意",
    "suppression.set": "登记勿扰",
    "suppression.lift_asked": "申请解除勿扰",
    "suppression.lifted": "解除勿扰",
    "complaint.opened": "登记投诉",
    "complaint.closed": "投诉结案",
    "group.created": "新建客户群",
    "group.joined": "进群",
    "group.left": "退群",
    "group.renamed": "群改名",
    "group.owner_changed": "群主变更",
    "group.notice_changed": "群公告变更",
    "group.dismissed": "群解散",
    "group.restored": "群恢复",
    "group.registered": "登记群用途",
    "group.changed": "群有变化",
    "archive.stored": "会话存档入库",
    "alert.opened": "系统发出预警",
    "alert.claimed": "认领预警",
    "alert.released": "放回预警",
    "alert.escalated": "升级预警",
    "alert.closed": "办结预警",
    "script.drafted": "起草话术",
    "script.versioned": "起草话术新版本",
    "script.edited": "修改草稿",
    "script.submitted": "提交审核",
    "script.approved": "审核通过",
    "script.rejected": "驳回",
    "script.returned": "退回修改",
    "script.retired": "停用话术",
    "work.opened": "生成工单",
    "work.closed": "工单办结",
    "import.applied": "导入完成",
    "import.refused": "导入被拒",
    "import.failed": "导入没有完成",
    "import.dry_run": "试导入",
    "calendar.imported": "导入节假日",
    "calendar.silenced": "设静默期",
    "calendar.resumed": "解除静默期",
    "role.granted": "授予角色",
    "role.revoked": "收回角色",
    "wecom.synced": "与企业微信对账",
    "session.signed_in": "登录",
    "session.signed_out": "退出登录",
    "session.refused": "登录被拒",
    "session.proved_again": "再次确认身份",
    "session.ended_by_it": "被科技部退出登录",
    "customer.viewed": "打开客户",
    "customer.unmasked": "显示客户完整资料",
    "customer.amount_shown": "显示精确资产 5 分钟",
    "customers.listed": "查看客户列表",
    "customers.exported": "导出客户列表",
    "contacts.listed": "查看好友列表",
    "todos.listed": "查看任务清单",
    "todos.exported": "导出任务清单",
    "plan.viewed": "查看当天计划",
    "why.viewed": "查看一条消息的来龙去脉",
    "groups.listed": "查看客户群列表",
    "group.viewed": "打开客户群",
    "chat.searched": "检索会话",
    "chat.viewed": "打开会话",
    "alerts.listed": "查看预警",
    "alert.viewed": "打开预警",
    "evidence.requested": "申请证据包",
    "evidence.approved": "同意导出证据包",
    "evidence.refused": "不同意导出证据包",
    "evidence.built": "导出证据包",
    "evidence.viewed": "打开证据包",
    "work.viewed": "打开工单",
    "works.listed": "查看工单",
    "record.listed": "查看互动留痕",
    "record.opened": "打开一条留痕",
    "record.exported": "导出互动留痕",
    "log.listed": "查看操作日志",
    "log.exported": "导出操作日志",
    "people.listed": "查看人员与角色",
    "persona.viewed": "查看客群的客户",
}

SYSTEMS: Final = {
    "delivery": "系统 · 发送",
    "archive": "系统 · 会话存档",
    "planner": "系统 · 每日计划",
    "sign_in": "系统 · 登录",
    "cli": "系统 · 命令行",
    "demo": "系统 · 演示",
    "sync": "系统 · 对账",
    "personas": "系统 · 客群规则",
}

WORK_KINDS: Final = {
    "binding_conflict": "实名匹配冲突",
    "owner_mismatch": "归属不符",
    "send_unknown": "结果不明",
    "broadcast_failed": "群发没有建成",
    "customer_optout": "客户要求停止打扰",
    "customer_complaint": "客户可能要投诉",
}

TODO_STATES: Final = {
    "open": ("没做", "warn"),
    "handed": ("正在发送", "info"),
    "claimed": ("手机上报已发", "info"),
    "confirmed": ("存档一致", "ok"),
    "done": ("已记录结果", "ok"),
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


def act_text(act: str) -> str:
    """What an act is called; an act without a name is shown as it is."""
    return ACTS.get(act, act)


def kind_of(stream: str) -> tuple[str, str]:
    """The name and colour of the kind of entry that a stream holds."""
    return KINDS.get(stream.partition(":")[0], (stream.partition(":")[0], ""))

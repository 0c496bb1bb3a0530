"""What the links of a chain are called, and the words of states, for pages and commands alike."""

from typing import Final

NAMES: Final = {
    "trigger": "来由",
    "rule": "规则",
    "script": "内容",
    "approval": "审核",
    "campaign": "活动",
    "channel": "渠道",
    "consent": "授权",
    "gate": "审查",
    "quota": "频次",
    "member": "客户经理",
    "attempt": "发送",
    "answer": "企业微信的回答",
    "archive": "存档核对",
    "outcome": "结果",
    "proof": "日志证明",
}
PURPOSES: Final = {"service": "服务", "care": "关怀", "marketing": "营销"}
ARMS: Final = {"treated": "触达组", "held": "对照组，不联系"}
SCOPES: Final = {"marketing": "营销勿扰", "all": "一切勿扰", "personalised": "不按个人特点"}
WINDOWS: Final = {"day": "当天", "week": "本周", "month": "本月", "campaign": "本次活动"}
FAMILIES: Final = {**PURPOSES, "total": "各类合计", "broadcast": "企业微信群发", "moment": "朋友圈"}
TICKETS: Final = {
    "prepared": ("", "已发放一次性许可，等手机回报"),
    "claimed": ("done", "手机回报已发"),
    "confirmed": ("done", "手机回报已发，存档里找到同样的话"),
    "differs": ("bad", "手机回报已发，存档里的话与话术不一致"),
    "cancelled": ("bad", "手机回报没有发出"),
    "lapsed": ("", "手机没有回报，许可作废"),
    "withdrawn": ("bad", "客户退订或内容停用，许可撤回"),
}
CALLS: Final = {
    "queued": ("", "排队等发"),
    "sending": ("", "正在交给对方"),
    "sent": ("done", "对方收下"),
    "failed": ("bad", "对方没有收"),
    "expired": ("bad", "过了时间，没有发"),
    "unknown": ("bad", "没有得到明确答复，正在查"),
    "cancelled": ("bad", "没有交出就撤回"),
}
CALL_KINDS: Final = {
    "broadcast": "群发任务交给企业微信",
    "moment": "朋友圈任务交给企业微信",
    "welcome": "欢迎语交给企业微信",
    "staff_card": "员工卡片交给企业微信",
    "sms": "短信交给短信平台",
    "phone": "请电话平台接通",
}
TASKS: Final = {
    "gathering": ("", "还在汇集名单，没有交给企业微信"),
    "queued": ("", "排队等交给企业微信"),
    "created": ("", "企业微信建好了任务，等成员确认"),
    "awaiting_admin": ("", "企业微信建好了任务，在等企业微信管理员同意，成员还看不到"),
    "confirmed": ("done", "成员已确认发送"),
    "cancelled": ("bad", "任务撤回"),
    "ended": ("done", "结果期已过，以最后一次查询为准"),
    "failed": ("bad", "企业微信没有建成任务"),
    "unknown": ("bad", "不知道企业微信建成没有，正在查"),
    "listed": ("", "名单已圈定，还没有交给企业微信"),
    "proposed": ("", "等另一位同事批准"),
    "refused": ("bad", "没有批准"),
    "approved": ("", "已批准，还没有圈定名单"),
    "over": ("done", "已结束"),
    "stopped": ("bad", "已停止"),
}
RECIPIENTS: Final = {
    "planned": ("", "企业微信还没有这位客户的结果"),
    "unsent": ("", "企业微信说还没有发给这位客户"),
    "sent": ("done", "企业微信说已发给这位客户"),
    "not_friend": ("bad", "企业微信说客户已不是好友，没有发到"),
    "capped": ("bad", "企业微信说客户已收够当期群发，没有发到"),
    "refused": ("bad", "企业微信没有收下这位客户"),
    "withdrawn": ("bad", "交给企业微信之前撤下，没有发"),
    "missed": ("bad", "到期限成员也没有发，已在企业微信取消"),
    "stopped": ("bad", "任务在企业微信取消了，没有发给这位客户"),
}
READERS: Final = {
    "planned": ("", "在可见名单上"),
    "excluded": ("bad", "不在可见名单上"),
    "withdrawn": ("bad", "交出之前从名单上拿下"),
    "late": ("bad", "交出之后退订，去掉可见标签"),
    "shown": ("done", "企业微信说这位客户能看到"),
    "missed": ("bad", "没有成员发表"),
    "extra": ("bad", "不在名单上，企业微信却说能看到"),
}
OUTCOMES: Final = {
    "queued": "已安排",
    "blocked": "规则不允许",
    "over_quota": "超过频次",
    "outranked": "让位给更要紧的一件",
    "unreachable": "没有能到客户的渠道",
    "uncovered": "没有人管户",
    "no_words": "没有能用的话术",
    "halted": "活动已停止",
    "released": "安排过，后来撤回",
}
TODOS: Final = {
    "open": ("", "还没有做"),
    "handed": ("", "正在发送"),
    "claimed": ("done", "手机回报已发，等存档核对"),
    "confirmed": ("done", "存档里找到同样的话"),
    "noted": ("", "客户经理自己记了结果，还没有旁证"),
    "done": ("done", "已办，有旁证"),
    "expired": ("bad", "到期没有做"),
    "cancelled": ("bad", "已撤回"),
}

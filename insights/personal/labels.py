"""What columns are called where a person reads them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

LABELS: Final = {
    "account_unit_id": "开户机构", "act": "事项", "add_way": "添加方式", "added_at": "添加时间",
    "amount_fen": "金额（元）", "aum_average_fen": "日均金融资产（元）", "aum_fen": "金融资产（元）",
    "archive_agreed": "同意会话存档", "archive_agreed_at": "存档选择时间", "at": "时间",
    "attributes": "其他资料", "birthday": "生日（月日）", "born_on": "出生日期", "channel": "渠道",
    "channel_reason": "渠道理由", "channel_refused": "没有走的渠道", "word": "意愿", "said_at": "何时说的",
    "unreached": "没有接通次数", "chat_id": "客户群", "closed_at": "结束时间",
    "complaint_no": "投诉编号", "confidence": "把握", "consented": "已同意",
    "created_at": "建立时间", "customer_id": "内部编号", "customer_no": "客户号",
    "deposit_fen": "存款（元）", "detail": "内容", "due_day": "还款日", "due_on": "应办日期",
    "ended_at": "结束时间", "event_no": "事件号", "evidence": "依据", "expires_at": "失效时间",
    "expires_on": "失效日期", "external_userid": "企业微信联系人号", "facts": "要点",
    "first_seen_at": "首次出现", "from_id": "发言人", "fund_fen": "基金（元）",
    "fund_risk_assessed_on": "基金测评日期", "fund_risk_by": "基金测评机构",
    "fund_risk_level": "基金测评等级", "fund_risk_lowest": "基金测评最低类别",
    "fund_risk_until": "基金测评到期日", "professional_until": "专业投资者认定到期日", "gender": "性别",
    "given": "是否同意", "holding_no": "持仓号", "id": "序号", "instalment_fen": "每期（元）",
    "interest": "兴趣", "is_primary": "主要", "joined_at": "进群时间", "key": "编号",
    "kind": "类别", "left_at": "退群时间", "level": "等级", "lifted_at": "解除时间",
    "matures_on": "到期日", "method": "方式", "msgtype": "消息类型", "name": "姓名",
    "nickname": "昵称", "note": "备注", "notice": "告知书版本", "objections": "不予发送的原因",
    "occupation": "职业", "on": "日期", "opened_at": "开始时间", "opened_on": "开户日期",
    "opinion": "意见", "origin": "来源渠道", "outcome": "结果", "persona": "客群",
    "phone": "手机号", "planned_on": "计划日期", "product_code": "产品代码",
    "product_name": "产品名称", "purpose": "用途", "reason": "理由", "remark": "备注名",
    "removed_at": "移除时间", "risk_assessed_on": "风险测评日期", "risk_level": "风险等级",
    "says": "说明", "scope": "范围", "script_code": "话术", "script_version": "话术版本",
    "sent_at": "发送时间", "seq": "消息序号", "since": "起始时间", "source": "来源",
    "source_date": "数据日期", "staff_id": "客户经理工号", "state": "状态", "text": "内容",
    "tier": "层级", "title": "标题", "trigger": "缘由", "unit_id": "机构",
    "until": "截止时间", "userid": "客户经理账号", "verdict": "判断", "wealth_fen": "理财（元）",
    "why": "原因",
}  # fmt: skip


def labelled(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the names of its columns in Chinese, money in yuan."""
    shown: dict[str, Any] = {}
    for name, value in row.items():
        if value is None or value in ("", [], {}):
            continue
        if name.endswith("_fen") and isinstance(value, int):
            value = str(Decimal(value) / 100)
        shown[LABELS.get(name, name)] = value
    return shown

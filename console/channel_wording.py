"""What is written of channels, text messages and calls, in words for people."""

from typing import Final

CHANNEL_ACTS: Final = {
    "sms.planned": "编入短信",
    "sms.sent": "短信平台已收下",
    "sms.failed": "短信平台没有收下",
    "sms.expired": "短信过了时刻，没有发",
    "sms.unknown": "不知道短信平台收到没有",
    "sms.cancelled": "短信不再需要，没有发",
    "sms.uncertain": "短信结果查不明，交给人",
    "sms.found": "短信平台里找到这一条",
    "sms.absent": "短信平台里没有这一条",
    "channel.changed": "渠道走不通，换了一条",
    "call.unanswered": "电话没有接通",
    "channel.said": "记下客户惯用或不要的渠道",
}

"""Where delivery keeps data about a person, and what an erasure does to it."""

from typing import Final

from kit.personal_data import Fate, Holds

PERSONAL: Final = (
    Holds(
        "todo",
        "客户经理的待办",
        Fate.ERASE,
        sealed={"text": "{id}", "detail": "{id}", "note": "{id}"},
    ),
    Holds("send_ticket", "备好与发出的话术", Fate.KEEP, "sales_talk", sealed={"text": "{id}"}),
    Holds("phone_call", "请电话平台接通的通话", Fate.KEEP, "sales_talk"),
    Holds("broadcast_recipient", "群发名单", Fate.KEEP, "sales_talk"),
    Holds("outside_reach", "别处发的群发到达记录", Fate.ERASE),
    Holds("moment_reader", "企业朋友圈名单", Fate.KEEP, "sales_talk"),
    Holds("moment_seen", "企业微信说看到一条企业朋友圈的好友，读完即删", Fate.ERASE),
    Holds("touch", "触达记录", Fate.KEEP, "sales_talk"),
    Holds("quota_slot", "次数占用", Fate.ERASE),
    Holds("outranked", "当天让位的提醒", Fate.ERASE),
    Holds("work_item", "要员工判断的事", Fate.ERASE, sealed={"evidence": "{key}"}),
)

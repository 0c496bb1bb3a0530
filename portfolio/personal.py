"""Where portfolio keeps data about a person, and what an erasure does to it.

A new table about a customer is one line here: ``Holds("table", "名称", Fate.ERASE)``.
"""

from typing import Final

from kit.personal_data import Fate, Holds

PERSONAL: Final = (
    Holds("activation", "盘活计划", Fate.ERASE),
    Holds("activation_step", "盘活的每一轮", Fate.ERASE),
    Holds("allocation_claim", "管户认领", Fate.ERASE),
    Holds("allocation_line", "管户分配", Fate.ERASE),
    Holds("contact_standing", "联络义务", Fate.ERASE),
    Holds("daily_contact", "每日联络计划", Fate.ERASE),
    Holds("handover_line", "客户移交", Fate.ERASE),
    Holds("parking", "暂停跟进", Fate.ERASE),
    Holds("recall", "管户收回", Fate.ERASE),
    Holds("scorecard_line", "季度评分的客户", Fate.ERASE),
    Holds("transfer_form", "客户提升移交表", Fate.ERASE),
)

"""Where crm_sync keeps data about a person, and what an erasure does to it.

A new table about a customer is one line here: ``Holds("table", "名称", Fate.ERASE)``.
"""

from typing import Any, Final

from sqlalchemy import String, cast, column, literal

from kit.personal_data import NOW, Fate, Holds

GONE: Final[Any] = literal("erased-") + cast(column("id"), String)
"""The customer's number is replaced by one that says nothing."""

CUSTOMER_SEALS: Final = {"name": "{customer_no}", "phone": "{customer_no}"}

PERSONAL: Final = (
    Holds(
        "customer",
        "客户资料",
        Fate.BLANK,
        sealed=CUSTOMER_SEALS,
        blank={
            "customer_no": GONE, "name": None, "phone": None, "phone_hash": None,
            "unionid_hash": None, "gender": "", "born_on": None, "birthday": None,
            "account_unit_id": None, "risk_level": None, "risk_assessed_on": None, "tier": "",
            "fund_risk_level": None, "fund_risk_assessed_on": None, "fund_risk_until": None,
            "fund_risk_lowest": None, "fund_risk_by": None, "professional_until": None,
            "aum_fen": None, "aum_average_fen": None, "occupation": "", "opened_on": None,
            "attributes": {}, "digest": "", "supplements": {}, "changed_at": NOW,
            "removed_at": NOW,
        },
        stays=frozenset({"id", "unit_id", "source", "source_date", "synthetic", "run_id"}),
    ),
    Holds("customer_standing", "客户等级与资产均值", Fate.ERASE),
    Holds("customer_snapshot", "资产快照", Fate.ERASE),
    Holds("customer_event", "客户事件", Fate.ERASE),
    Holds("customer_flow", "资金进出汇总", Fate.ERASE),
    Holds("farm_record", "种养殖", Fate.ERASE),
    Holds("holding", "持有的产品", Fate.ERASE),
    Holds("coverage", "管户关系", Fate.ERASE),
    Holds("coverage_end", "以往的管户关系", Fate.ERASE),
    Holds("lead", "商机", Fate.ERASE),
    Holds("behaviour_signal", "行为线索", Fate.ERASE),
    Holds("reading", "资讯阅读记录", Fate.ERASE),
    Holds("channel_word", "惯用与不要的渠道", Fate.ERASE),
    Holds("persona_membership", "所属客群", Fate.ERASE),
    Holds("persona_refusal", "拒绝的客群", Fate.ERASE),
    Holds("binding", "企业微信匹配记录", Fate.ERASE),
    Holds(
        "contact",
        "企业微信联系人",
        Fate.ERASE,
        sealed={"name": "{external_userid}"},
    ),
    Holds(
        "relation",
        "企业微信好友关系",
        Fate.ERASE,
        sealed={"remark": "{userid}/{external_userid}"},
    ),
    Holds("relation_talk", "是否互相说过话", Fate.ERASE),
    Holds("link_visit", "实名绑定的访问", Fate.ERASE),
    Holds("link_code", "实名绑定的验证码", Fate.ERASE),
    Holds("contact_way", "联系码", Fate.ERASE),
    Holds("tag_pair", "企业朋友圈的可见标签", Fate.ERASE),
    Holds("tag_write", "待写的企业标签", Fate.ERASE),
    Holds(
        "customer_image",
        "导入前的客户资料",
        Fate.ERASE,
        sealed=CUSTOMER_SEALS,
        seals={"name": "customer.name", "phone": "customer.phone"},
    ),
    *(
        Holds(f"{table}_image", f"导入前的{title}", Fate.ERASE)
        for table, title in (
            ("customer_snapshot", "资产快照"),
            ("behaviour_signal", "行为线索"),
            ("customer_event", "客户事件"),
            ("customer_flow", "资金进出汇总"),
            ("farm_record", "种养殖"),
            ("holding", "持有的产品"),
            ("coverage", "管户关系"),
        )
    ),
)  # fmt: skip

"""What every script may say about the person, their manager and the bank."""

from collections.abc import Mapping

from crm_sync.facts import CustomerFact, StaffFact, UnitFact
from delivery.desk import Desk

DOUBLE_SURNAMES = frozenset(
    [
        "欧阳",
        "太史",
        "端木",
        "上官",
        "司马",
        "东方",
        "独孤",
        "南宫",
        "万俟",
        "闻人",
        "夏侯",
        "诸葛",
        "尉迟",
        "公羊",
        "赫连",
        "澹台",
        "皇甫",
        "宗政",
        "濮阳",
        "公冶",
        "太叔",
        "申屠",
        "公孙",
        "慕容",
        "仲孙",
        "钟离",
        "长孙",
        "宇文",
        "司徒",
        "鲜于",
        "司空",
        "闾丘",
        "子车",
        "亓官",
        "司寇",
        "巫马",
        "公西",
        "颛孙",
        "壤驷",
        "公良",
        "漆雕",
        "乐正",
        "宰父",
        "谷梁",
        "拓跋",
        "夹谷",
        "轩辕",
        "令狐",
        "段干",
        "百里",
        "呼延",
        "东郭",
        "南门",
        "羊舌",
        "微生",
        "公户",
        "公玉",
        "公仪",
        "梁丘",
        "公仲",
        "公上",
        "公门",
        "公山",
        "公坚",
        "左丘",
        "公伯",
        "西门",
        "公祖",
        "第五",
        "公乘",
        "贯丘",
        "公皙",
        "南荣",
        "东里",
        "东宫",
        "仲长",
        "子书",
        "子桑",
        "即墨",
        "达奚",
        "褚师",
    ]
)
UNKNOWN_PERSON = "尊敬的客户"


def customer_title(name: str | None, gender: str) -> str:
    """``周女士``, ``欧阳先生``; without a name or a known gender the neutral address."""
    if not name or not name.strip():
        return UNKNOWN_PERSON
    name = name.strip()
    surname = name[:2] if name[:2] in DOUBLE_SURNAMES and len(name) > 2 else name[:1]
    if not ("\u4e00" <= surname[0] <= "\u9fff"):
        return UNKNOWN_PERSON
    return surname + {"F": "女士", "M": "先生"}.get(gender, "女士/先生")


def common_fields(
    customer: CustomerFact, staff: StaffFact | None, unit: UnitFact | None, desk: Desk
) -> Mapping[str, object]:
    """The fields that do not depend on the occasion; what is not known is left out."""
    fields: dict[str, object] = {
        "customer_title": customer_title(customer.name, customer.gender),
        "bank_name": desk.bank_name,
    }
    if desk.hotline:
        fields["hotline"] = desk.hotline
    if staff is not None:
        fields["staff_name"] = staff.name
        fields["staff_title"] = "客户经理"
    if unit is not None:
        fields["unit_name"] = unit.name
    return fields

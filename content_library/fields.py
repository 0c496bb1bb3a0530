"""The fields a script may hold: a fixed list, each with its kind, formatter and sample.

A value is data. It is formatted by its field and put in its place once; nothing in it is ever
read as a field, a pattern or markup. From free text are removed: control characters, line and
paragraph separators, direction overrides (they would turn the bank's own words around) and
lone surrogates (no channel can carry them). Everything else comes through unchanged.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from content_library.errors import FactRefused, MissingFact

LONGEST_TEXT = 120
_UNSENDABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_RISKS = {1: "低风险", 2: "中低风险", 3: "中风险", 4: "中高风险", 5: "高风险"}
_WEEKDAYS = "一二三四五六日"


class Kind(StrEnum):
    """What a field takes."""

    TEXT = "text"
    DATE = "date"
    FULL_DATE = "full_date"
    TIME = "time"
    DAYS = "days"
    MONEY = "money"
    TAIL = "tail"
    RATE = "rate"
    RISK = "risk"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``personal``: of one customer. ``staff_only``: never in words to a customer."""

    name: str
    label: str
    kind: Kind
    sample: object
    personal: bool = False
    staff_only: bool = False

    def format(self, value: object) -> str:
        """The value as it stands in a text. FactRefused where it is not of this kind."""
        text = _FORMATS[self.kind](self, value)
        if not text:
            raise MissingFact(f"“{self.label}”是空的，话术里不能留空", field=self.name)
        return text


def clean(value: str) -> str:
    """Free text without the characters that no channel may carry, trimmed."""
    return _UNSENDABLE.sub("", value).strip()


def _text(field: Field, value: object) -> str:
    if not isinstance(value, str):
        raise _refused(field, value, "应为文字")
    text = clean(value)
    if len(text) > LONGEST_TEXT:
        raise _refused(field, f"{len(text)} 个字", f"应不超过 {LONGEST_TEXT} 个字")
    return text


def _day(field: Field, value: object) -> date:
    if isinstance(value, datetime):
        raise _refused(field, value, "应为日期，不带时刻")
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise _refused(field, value, "应为 2026-11-22 这样的日期") from None


def _date(field: Field, value: object) -> str:
    day = _day(field, value)
    return f"{day.month}月{day.day}日（周{_WEEKDAYS[day.weekday()]}）"


def _full_date(field: Field, value: object) -> str:
    day = _day(field, value)
    return f"{day.year}年{day.month}月{day.day}日"


def _time(field: Field, value: object) -> str:
    try:
        clock = value if isinstance(value, time) else time.fromisoformat(str(value))
    except ValueError:
        raise _refused(field, value, "应为 15:00 这样的时刻") from None
    return f"{clock:%H:%M}"


def _number(field: Field, value: object) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,15}", str(value)):
        raise _refused(field, value, "应为不带小数的数字")
    return int(str(value))


def _days(field: Field, value: object) -> str:
    return str(_number(field, value))


def _money(field: Field, value: object) -> str:
    """Integer 分 as people read it: 1.5 亿元, 20 万元, 8,600 元, 8,600.50 元."""
    fen = _number(field, value)
    if fen >= 10_000_000_000 and fen % 100_000_000 == 0:
        whole, hundredths = divmod(fen // 100_000_000, 100)
        return f"{whole}.{hundredths:02d}".rstrip("0").rstrip(".") + " 亿元"
    if fen >= 1_000_000 and fen % 1_000_000 == 0:
        return f"{fen // 1_000_000:,} 万元"
    yuan, rest = divmod(fen, 100)
    return f"{yuan:,}.{rest:02d} 元" if rest else f"{yuan:,} 元"


def _tail(field: Field, value: object) -> str:
    if not re.fullmatch(r"[0-9]{4}", str(value)):
        raise _refused(field, "不是 4 位数字", "只能是末四位数字，不能给出完整号码")
    return str(value)


def _rate(field: Field, value: object) -> str:
    text = str(value).strip()
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,4})?%([-–~至][0-9]{1,2}(\.[0-9]{1,4})?%)?", text):
        raise _refused(field, value, "应为 1.55% 或 2.20%-2.70% 这样的写法")
    return text


def _risk(field: Field, value: object) -> str:
    found = re.fullmatch(r"[Rr]?([1-5])", str(value))
    if found is None:
        raise _refused(field, value, "应为 R1 到 R5")
    level = int(found[1])
    return f"R{level}（{_RISKS[level]}）"


def _phone(field: Field, value: object) -> str:
    text = str(value).strip()
    if not re.fullmatch(r"[0-9][0-9\-]{3,14}", text) or re.fullmatch(r"1[3-9][0-9]{9}", text):
        raise _refused(field, "不是对外公布的号码", "应为客服或网点电话，不能是个人手机号")
    return text


def _refused(field: Field, saw: object, do: str) -> FactRefused:
    shown = "" if field.personal else str(saw)[:40]
    return FactRefused(f"“{field.label}”{do}", saw=shown, field=field.name)


_FORMATS: dict[Kind, Callable[[Field, object], str]] = {
    Kind.TEXT: _text,
    Kind.DATE: _date,
    Kind.FULL_DATE: _full_date,
    Kind.TIME: _time,
    Kind.DAYS: _days,
    Kind.MONEY: _money,
    Kind.TAIL: _tail,
    Kind.RATE: _rate,
    Kind.RISK: _risk,
    Kind.PHONE: _phone,
}

_LIST = (
    Field("customer_title", "客户称呼", Kind.TEXT, "周女士", personal=True),
    Field("staff_name", "客户经理姓名", Kind.TEXT, "李敏"),
    Field("staff_title", "客户经理职务", Kind.TEXT, "客户经理"),
    Field("bank_name", "银行名称", Kind.TEXT, "青禾银行"),
    Field("unit_name", "网点名称", Kind.TEXT, "翠湖支行"),
    Field("unit_address", "网点地址", Kind.TEXT, "翠湖路 18 号"),
    Field("hotline", "客服电话", Kind.PHONE, "400-800-1234"),
    Field("product_name", "产品名称", Kind.TEXT, "三年期整存整取"),
    Field("product_code", "产品代码", Kind.TEXT, "QHWY90"),
    Field("product_risk", "产品风险等级", Kind.RISK, 2),
    Field("product_term", "期限", Kind.TEXT, "12 个月"),
    Field("product_rate", "利率", Kind.RATE, "1.55%"),
    Field("product_benchmark", "业绩比较基准", Kind.RATE, "2.20%-2.70%"),
    Field("product_fee", "费用", Kind.TEXT, "固定管理费 0.20%/年"),
    Field("product_issuer", "管理人或承保公司", Kind.TEXT, "青禾理财有限责任公司"),
    Field("min_amount", "起购或起存金额", Kind.MONEY, 1_000_000),
    Field("matures_on", "到期日", Kind.DATE, date(2026, 11, 29), personal=True),
    Field("days_left", "剩余天数", Kind.DAYS, 7, personal=True),
    Field("card_tail", "卡号末四位", Kind.TAIL, "6688", personal=True),
    Field("bought_on", "办理日期", Kind.FULL_DATE, date(2026, 11, 15), personal=True),
    Field("open_on", "开放日", Kind.DATE, date(2026, 11, 25)),
    Field("close_on", "开放截止日", Kind.DATE, date(2026, 11, 27)),
    Field("appointment_on", "预约日期", Kind.DATE, date(2026, 11, 26), personal=True),
    Field("appointment_time", "预约时间", Kind.TIME, time(15, 0), personal=True),
    Field("event_name", "活动名称", Kind.TEXT, "周末读书会"),
    Field("event_on", "活动日期", Kind.DATE, date(2026, 11, 28)),
    Field("event_time", "活动时间", Kind.TIME, time(14, 30)),
    Field("event_place", "活动地点", Kind.TEXT, "翠湖支行二楼"),
    Field("next_staff_name", "接任客户经理姓名", Kind.TEXT, "王珊"),
    Field("amount", "金额", Kind.MONEY, 20_000_000, personal=True, staff_only=True),
)

FIELDS = {field.name: field for field in _LIST}
"""Every field by its name, in the order of the documentation."""

SAMPLE_FACTS: dict[str, object] = {field.name: field.sample for field in _LIST}
"""One invented value for each field, for previews and automatic checks."""

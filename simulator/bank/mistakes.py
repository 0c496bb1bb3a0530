"""Plants ten typical mistakes into good sample files, to show what the import says to each."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: what was done to the row, and the code that the import answers with."""

    what: str
    code: str
    change: Callable[[Cells], Cells | None]  # None: the row loses its last cell


def _set(**cells: str) -> Callable[[Cells], Cells]:
    return lambda row: row | {name.replace("__", "."): value for name, value in cells.items()}


def _same(row: Cells) -> Cells:
    return dict(row)


def _cut(_row: Cells) -> None:
    return None


RAGGED: Final = Mistake("少一格", "E-2213", _cut)
TWICE: Final = Mistake("主键重复", "E-2230", _same)
MISTAKES: Final[Mapping[str, Sequence[Mistake]]] = {
    "units": (
        Mistake("机构号为空", "E-2201", _set(unit_id="")),
        Mistake("机构号变成科学计数", "E-2204", _set(unit_id="1.01E+8")),
        Mistake("机构号里有空格", "E-2204", _set(unit_id="01 01")),
        Mistake("名称为空", "E-2201", _set(unit_id="9001", name="")),
        Mistake("名称太长", "E-2202", _set(unit_id="9002", name="支" * 81)),
        Mistake("类型写错", "E-2210", _set(unit_id="9003", kind="营业点")),
        Mistake("上级不存在", "E-2235", _set(unit_id="9004", parent_id="77")),
        Mistake("部门号不是整数", "E-2205", _set(unit_id="9005", department_id="三")),
        RAGGED,
        TWICE,
    ),
    "staff": (
        Mistake("工号为空", "E-2201", _set(staff_id="")),
        Mistake("工号被改成小数", "E-2204", _set(staff_id="3127.0")),
        Mistake("姓名为空", "E-2201", _set(staff_id="9001", userid="x9001", name="")),
        Mistake("姓名是公式", "E-2203", _set(staff_id="9002", userid="x9002", name="=A1+B1")),
        Mistake("机构不存在", "E-2231", _set(staff_id="9003", userid="x9003", unit_id="99")),
        Mistake("企业微信账号被占用", "E-2234", _set(staff_id="9004", userid="LiMin")),
        Mistake("在岗写错", "E-2211", _set(staff_id="9005", userid="x9005", active="在")),
        Mistake(
            "角色不能由文件给", "E-2236", _set(staff_id="9006", userid="x9006", roles="compliance")
        ),
        RAGGED,
        TWICE,
    ),
    "products": (
        Mistake("产品代码为空", "E-2201", _set(product_code="")),
        Mistake("名称为空", "E-2201", _set(product_code="X1", name="")),
        Mistake("类型写错", "E-2210", _set(product_code="X2", kind="信托")),
        Mistake("风险等级写错", "E-2210", _set(product_code="X3", risk_level="R6")),
        Mistake("私募写错", "E-2211", _set(product_code="X4", private="私")),
        Mistake("开放日读不出", "E-2208", _set(product_code="X5", open_days="每季度首周")),
        Mistake(
            "开放日起止颠倒", "E-2209", _set(product_code="X6", open_days="2026-12-05~2026-12-01")
        ),
        Mistake("名称里有零宽字符", "E-2203", _set(product_code="X7", name="稳\u200b盈")),
        Mistake(
            "评级低于管理人", "E-2239", _set(product_code="X8", risk_level="R1", manager_risk="R3")
        ),
        Mistake(
            "基准没有依据", "E-2240", _set(product_code="X9", benchmark="2.50%", benchmark_basis="")
        ),
        RAGGED,
        TWICE,
    ),
    "customers": (
        Mistake("客户号为空", "E-2201", _set(customer_no="")),
        Mistake("客户号变成科学计数", "E-2204", _set(customer_no="6.2E+09")),
        Mistake("手机号少一位", "E-2212", _set(customer_no="9001", phone="1541234567")),
        Mistake("出生日期在未来", "E-2209", _set(customer_no="9002", born_on="2199-01-01")),
        Mistake("日期日月不明", "E-2208", _set(customer_no="9003", opened_on="03/04/2020")),
        Mistake("机构号丢了前导零", "E-2231", _set(customer_no="9004", unit_id="1")),
        Mistake("资产为负", "E-2206", _set(customer_no="9005", aum_yuan="-100.00")),
        Mistake("风险等级写错", "E-2210", _set(customer_no="9006", risk_level="C9")),
        RAGGED,
        TWICE,
    ),
    "holdings": (
        Mistake("持仓号为空", "E-2201", _set(holding_no="")),
        Mistake("客户不存在", "E-2233", _set(holding_no="X1", customer_no="99999")),
        Mistake("金额不是数字", "E-2205", _set(holding_no="X2", amount_yuan="二十万")),
        Mistake("金额为负", "E-2206", _set(holding_no="X3", amount_yuan="-1")),
        Mistake("金额三位小数", "E-2207", _set(holding_no="X4", amount_yuan="1.005")),
        Mistake("到期日是表格序号", "E-2208", _set(holding_no="X5", matures_on="46349")),
        Mistake("没有这一天", "E-2208", _set(holding_no="X6", matures_on="2026-02-30")),
        Mistake("还款日超出范围", "E-2205", _set(holding_no="X7", due_day="32")),
        RAGGED,
        TWICE,
    ),
    "assignments": (
        Mistake("客户号为空", "E-2201", _set(customer_no="")),
        Mistake("客户不存在", "E-2233", _set(customer_no="99999")),
        Mistake("客户号里有空格", "E-2204", _set(customer_no="62 00")),
        Mistake("工号为空", "E-2201", _set(staff_id="")),
        Mistake("员工不存在", "E-2232", _set(kind="persona", staff_id="777777")),
        Mistake("关系写错", "E-2210", _set(kind="代管")),
        Mistake("起始日读不出", "E-2208", _set(since="去年")),
        Mistake("起始日没有这一天", "E-2208", _set(since="2025-13-01")),
        RAGGED,
        TWICE,
    ),
    "consents": (
        Mistake("客户号为空", "E-2201", _set(customer_no="")),
        Mistake("客户不存在", "E-2233", _set(customer_no="99999")),
        Mistake("用途写错", "E-2210", _set(purpose="全部")),
        Mistake("用途为空", "E-2201", _set(purpose="")),
        Mistake("是否同意写错", "E-2211", _set(given="也许")),
        Mistake("来源为空", "E-2201", _set(source="")),
        Mistake("时间读不出", "E-2208", _set(at="上周三")),
        Mistake("时间为空", "E-2201", _set(at="")),
        RAGGED,
        TWICE,
    ),
}


def spoil(good: Path, bad: Path, kind: str) -> list[tuple[int, Mistake]]:
    """Write ``good`` with ten mistakes behind its rows as ``bad``; returns the line of each."""
    with good.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = list(csv.reader(file))
    planted: list[tuple[int, Mistake]] = []
    with bad.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
        for place, mistake in enumerate(MISTAKES[kind]):
            row = dict(zip(header, rows[place % len(rows)], strict=True))
            changed = mistake.change(row)
            cells = list(row.values())[:-1] if changed is None else list(changed.values())
            writer.writerow(cells)
            planted.append((len(rows) + 2 + place, mistake))
    return planted

"""The cover of a person's data: what is in the file, what is kept by law, what they may ask."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

from config.retention_policy import RetentionPolicy
from insights.personal.gathering import Part
from kit.clock import BANK_TIME
from kit.personal_data import Fate

TREATMENT = {
    Fate.ERASE: "要求删除时删除",
    Fate.BLANK: "要求删除时清空内容",
    Fate.KEEP: "依法保留",
}


def cover(
    parts: Sequence[Part], retention: RetentionPolicy, *, bank: str, number: str, at: datetime
) -> str:
    """One HTML page that needs no program but a browser; every word from outside is escaped."""
    rows = "\n".join(
        f"<tr><td>{escape(part.holds.title)}</td><td>{len(part.rows)}</td>"
        f"<td>{TREATMENT[part.holds.fate]}</td><td>{escape(_why(part, retention))}</td></tr>"
        for part in parts
    )
    made = at.astimezone(BANK_TIME).strftime("%Y-%m-%d %H:%M")
    return f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>个人信息副本 {escape(number)}</title>
</head><body>
<h1>{escape(bank)} · 个人信息副本</h1>
<p>编号 {escape(number)} · 生成于北京时间 {made} · 共 {sum(len(one.rows) for one in parts)} 条</p>
<p>本文件按《个人信息保护法》第四十五条向您本人提供。内容见同一压缩包里的“个人信息.json”，
用任何文本或浏览器程序都能打开。</p>
<table border="1" cellpadding="4"><thead><tr><th>类别</th><th>条数</th><th>要求删除时</th>
<th>依据与期限</th></tr></thead><tbody>
{rows}
</tbody></table>
<p>您可以要求更正、补充、删除，也可以随时退订或关闭个性化内容；退订不影响您使用银行服务。</p>
</body></html>
"""


def _why(part: Part, retention: RetentionPolicy) -> str:
    rule = retention.of(part.holds.because)
    return f"{rule.title}，{rule.years} 年：{rule.law}" if rule else ""

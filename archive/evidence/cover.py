"""The cover of a pack: readable by a person, in Chinese, without any program."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Final

from archive.evidence.requests import PackFact
from kit.clock import BANK_TIME

_KINDS: Final = {
    "image": "［图片］",
    "voice": "［语音］",
    "video": "［视频］",
    "emotion": "［表情］",
    "file": "［文件］",
    "card": "［名片］",
    "revoke": "［撤回一条消息］",
    "agree": "［同意会话存档］",
    "disagree": "［不同意会话存档］",
    "voiptext": "［语音通话］",
    "switch": "［切换企业］",
}


def cover(
    pack: PackFact, messages: Sequence[Mapping[str, Any]], entries: Sequence[Mapping[str, Any]]
) -> str:
    """The page as HTML; every word that came from outside is escaped."""
    first, last = messages[0], messages[-1]
    facts = {
        "编号": pack.number,
        "事由": pack.title,
        "用途": pack.purpose,
        "消息": f"{len(messages)} 条，序号 {first['seq']} 至 {last['seq']}",
        "时间（北京）": f"{_bank(first['sent_at'])} 至 {_bank(last['sent_at'])}",
        "申请人": f"{pack.requested_by}，{_moment(pack.requested_at)}",
        "复核人": f"{pack.decided_by}，{_moment(pack.decided_at)}",
        "复核意见": pack.decision or "",
    }
    rows = "\n".join(_row(message) for message in messages)
    pages = "\n".join(
        f'<tr><td class="id">{escape(entry["stream"])}#{entry["seq"]}</td>'
        f"<td>{_bank(entry['at'])}</td><td>{escape(entry['object'])}</td>"
        f'<td class="id">{entry["hash"]}</td></tr>'
        for entry in entries
        if "payload" in entry
    )
    about = "\n".join(
        f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in facts.items()
    )
    return f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>证据包 {escape(pack.number)}</title>
<link rel="stylesheet" href="cover.css"></head>
<body>
<p>企业微信互动记录 · 证据包</p>
<h1>{escape(pack.title)}</h1>
<dl>
{about}
</dl>
<h2>消息（按序号）</h2>
<table><thead><tr><th>序号</th><th>时间（北京）</th><th>发送方</th><th>接收方</th><th>内容</th>
<th>命中规则</th><th>摘要前 16 位</th></tr></thead><tbody>
{rows}
</tbody></table>
<h2>入库记录</h2>
<p>消息入库时，每一页的摘要写进台账。下面是这些消息所在的页。</p>
<table><thead><tr><th>台账位置</th><th>时间（北京）</th><th>序号范围</th><th>记录摘要</th></tr></thead>
<tbody>
{pages}
</tbody></table>
<h2>怎样自己核验</h2>
<p>不需要联网，也不需要出具方的系统。解压后运行 <code>python verify.py</code>
（单文件，只用 Python 标准库）。它重算每条消息的摘要和链接，任何一条被增、删、改、调换，
都会说出是哪一条。再把它打印的链尾摘要与出具方另行保存的存证比对。</p>
<p>内含客户个人信息，仅供上述用途使用。申请、复核、导出均已留痕。</p>
</body></html>
"""


def _row(message: Mapping[str, Any]) -> str:
    said = message["text"] or _KINDS.get(message["msgtype"], f"［{message['msgtype']}］")
    to = message["room"] or "、".join(message["to"])
    mark = ' class="hit"' if message["rules"] else ""
    return (
        f"<tr{mark}><td>{message['seq']}</td><td>{_bank(message['sent_at'])}</td>"
        f'<td class="id">{escape(message["from"])}</td><td class="id">{escape(to)}</td>'
        f'<td class="said">{escape(said)}</td><td>{escape("、".join(message["rules"]))}</td>'
        f'<td class="id">{message["digest"][:16]}</td></tr>'
    )


def _bank(moment: str) -> str:
    return _moment(datetime.fromisoformat(moment))


def _moment(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(BANK_TIME):%Y-%m-%d %H:%M:%S}"

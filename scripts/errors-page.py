"""Sorts docs/errors.md by code and takes in what lies in docs/errors.d.

    python3 scripts/errors-page.py [--remove]

Whoever adds an error may put its heading (``## E-1234 …``) into a file of its own there, so that
two people never edit one page at once; a heading there replaces the one in the page. With
``--remove`` the files that were taken in are removed; a test wants that before a release.
"""

import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE, PARTS = DOCS / "errors.md", DOCS / "errors.d"
HEAD = """# 错误编号

每一条拒绝都说四件事：**哪里不对 · 现在是什么 · 在哪看 · 怎么办**，末尾是编号。按编号在这里查。
页面、命令行（`--json` 时在 `error.code`）、导入的拒绝行文件用的都是同一套编号。

命令的退出码：0 成功 · 1 没有料到 · 2 输入或配置不对 · 3 完整性不通过。
"""
GROUPS = (
    ("E-10", "配置与启动"),
    ("E-12", "企业微信里的页面"),
    ("E-16", "规则库"),
    ("E-20", "命令行的输入"),
    ("E-21", "数据文件与映射：整个文件不收"),
    ("E-22", "数据文件：某一行不收"),
    ("E-23", "导入"),
    ("E-24", "标签、客群与客户群的输入"),
    ("E-25", "其他输入"),
    ("E-26", "话术检查的输入行"),
    ("E-30", "登录"),
    ("E-31", "权限"),
    ("E-32", "找不到，或不该看到"),
    ("E-33", "与现状冲突"),
    ("E-34", "太频繁"),
    ("E-35", "工作台的输入"),
    ("E-40", "发送闸门：为什么不能发"),
    ("E-41", "授权、退订、白名单、日历"),
    ("E-42", "内容库"),
    ("E-43", "话术检查"),
    ("E-44", "其他合规"),
    ("E-50", "依赖的服务"),
    ("E-51", "待办与发送"),
    ("E-52", "其他发送"),
    ("E-60", "完整性"),
    ("E-61", "会话存档与证据"),
    ("E-62", "其他存档"),
    ("E-70", "回调与收件箱"),
    ("E-", "其他"),
    ("wecom.", "企业微信的失败，按下一步该做什么分"),
)


def sections(text: str) -> dict[str, str]:
    """Each heading's code and its whole text."""
    parts = re.split(r"^(?=## )", text, flags=re.M)[1:]
    found: dict[str, str] = {}
    for part in parts:
        body = re.split(r"^# ", part, flags=re.M)[0]
        found[part.split()[1]] = body.strip()
    return found


def page(known: dict[str, str]) -> str:
    """The whole page, groups in order, codes rising."""
    text, left = HEAD, dict(sorted(known.items()))
    for start, title in GROUPS:
        mine = [code for code in left if code.startswith(start)]
        if mine:
            text += f"\n# {title}\n\n" + "\n\n".join(left.pop(code) for code in mine) + "\n"
    if left:
        sys.exit(f"no group for {', '.join(left)}")
    return text


def main() -> None:
    """Merge and write."""
    known = sections(PAGE.read_text(encoding="utf-8")) if PAGE.is_file() else {}
    parts = sorted(PARTS.glob("*.md")) if PARTS.is_dir() else []
    for part in parts:
        known |= sections(part.read_text(encoding="utf-8"))
    PAGE.write_text(page(known), encoding="utf-8")
    if "--remove" in sys.argv[1:]:
        for part in parts:
            part.unlink()
        if PARTS.is_dir() and not any(PARTS.iterdir()):
            PARTS.rmdir()
    sys.stdout.write(f"{len(known)} headings, {len(parts)} files taken in\n")


if __name__ == "__main__":
    main()

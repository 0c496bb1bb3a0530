"""Pure decisions about scripts: what a draft may be, who may take which step, what is signed."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields as dataclass_fields
from datetime import date

from content_library.errors import OpinionNeeded, OwnWork, ScriptRefused, WrongState
from content_library.facts import KINDS, PUBLIC_FORMS, PURPOSES, Form, Library, ScriptDraft, State
from content_library.fields import FIELDS, clean
from content_library.item_rules import LONGEST, TITLED, item_faults
from content_library.render import MAX_BYTES, PLACE, fields_of

MOMENT_CHARACTERS = 90
_CODE = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_SCENE = re.compile(r"[a-z0-9]+(\.[a-z0-9_-]+)*")


def fingerprint(draft: ScriptDraft) -> str:
    """SHA-256 over everything an approval covers: the words, the purpose, for whom, until when."""
    signed = {
        field.name: getattr(draft, field.name)
        for field in dataclass_fields(draft)
        if field.name != "title" or draft.library in TITLED
    }
    for name, value in signed.items():
        if isinstance(value, frozenset):
            signed[name] = sorted(value)
        elif isinstance(value, date):
            signed[name] = value.isoformat()
    text = json.dumps(signed, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def checked(draft: ScriptDraft) -> ScriptDraft:
    """The draft itself; ScriptRefused with every reason where it cannot be kept."""
    reasons = list(_faults(draft))
    if reasons:
        raise ScriptRefused(
            "；".join(reasons), where="docs/content.md", do="改好后重新保存", script=draft.code[:64]
        )
    return draft


def _faults(draft: ScriptDraft) -> Iterator[str]:
    if not _CODE.fullmatch(draft.code) or len(draft.code) > 64:
        yield "编号应为小写字母、数字和 . _ - 组成，不超过 64 位"
    if not draft.title.strip() or len(draft.title) > 60:
        yield "标题应为 1 到 60 个字"
    if not _SCENE.fullmatch(draft.scene) or len(draft.scene) > 64:
        yield "场景应为小写字母、数字和点组成，例如 maturity.deposit.t7"
    if draft.purpose not in PURPOSES:
        yield f"用途应为 {'、'.join(PURPOSES)} 之一"
    if draft.form not in set(Form):
        yield f"形式应为 {'、'.join(Form)} 之一"
    if draft.product_kind is not None and draft.product_kind not in KINDS:
        yield f"产品类别应为 {'、'.join(KINDS)} 之一"
    if draft.product_code is not None and draft.product_kind is None:
        yield "写了产品代码就要写产品类别"
    if draft.valid_from and draft.valid_until and draft.valid_from > draft.valid_until:
        yield "有效期的开始晚于结束"
    yield from _template_faults(draft)
    yield from item_faults(draft)


def _template_faults(draft: ScriptDraft) -> Iterator[str]:
    template = draft.template
    if not template.strip() and draft.library != Library.MEDIA:
        yield "没有正文"
    if any(clean(line) != line.strip() for line in template.split("\n")):
        yield "正文里有看不见的控制字符，请删去后重新粘贴"
    most = LONGEST.get(draft.library, MAX_BYTES["broadcast"])
    if len(template.encode("utf-8", "replace")) > most:
        yield f"正文超过 {most} 字节"
    if draft.form == Form.MOMENT and len(PLACE.sub("", template)) > MOMENT_CHARACTERS:
        yield f"朋友圈文字应不超过 {MOMENT_CHARACTERS} 个字"
    rest = PLACE.sub("", template)
    if "{{" in rest or "}}" in rest:
        yield "变量应写成 {{product_name}} 这样的小写英文名"
    for name in fields_of(template):
        field = FIELDS.get(name)
        if field is None:
            yield f"没有“{name}”这个变量"
        elif field.staff_only:
            yield f"“{field.label}”只供员工看，不能写进给客户的话术"
        elif field.personal and draft.form in PUBLIC_FORMS:
            yield f"“{field.label}”是客户个人信息，不能用于群发、群公告和朋友圈"


def holds_personal_fields(template: str) -> bool:
    """Whether a template takes a fact of one customer."""
    return any(FIELDS[name].personal for name in fields_of(template) if name in FIELDS)


def require_state(state: str, allowed: Iterable[State], step: str, *, version_id: int) -> None:
    """WrongState unless the version is in a state this step starts from."""
    names = {
        State.DRAFT: "草稿",
        State.SUBMITTED: "待审核",
        State.APPROVED: "已通过",
        State.REJECTED: "已驳回",
        State.RETIRED: "已停用",
    }
    starts = tuple(allowed)
    if state not in starts:
        raise WrongState(
            f"这一版不能{step}",
            saw=names[State(state)],
            do="只有" + "、".join(names[start] for start in starts) + f"的版本可以{step}",
            version_id=version_id,
        )


def require_another_person(
    by: str, author: str, submitted_by: str | None, checked_by: str | None = None
) -> None:
    """OwnWork where the one who decides wrote, submitted or first checked the version."""
    if by in (author, submitted_by):
        raise OwnWork("不能审核自己起草或提交的话术", do="请另一位有审核权限的同事处理", by=by)
    if by == checked_by:
        raise OwnWork("初审的人不能再做终审", do="请第三位有终审权限的同事处理", by=by)


def require_opinion(opinion: str) -> str:
    """The opinion, trimmed; OpinionNeeded where there is none."""
    text = clean(opinion.replace("\n", " "))
    if not 2 <= len(text) <= 400:
        raise OpinionNeeded(
            "请写审核意见", saw=f"{len(text)} 个字", do="写 2 到 400 个字，会记入审计日志"
        )
    return text


def is_valid_on(valid_from: date | None, valid_until: date | None, day: date) -> bool:
    """Whether a version may be used on ``day``; both ends belong to it."""
    return (valid_from is None or valid_from <= day) and (valid_until is None or day <= valid_until)

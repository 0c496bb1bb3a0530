"""WeCom failures, named for what the caller should do next.

WecomError
├── TokenExpired         the token was renewed once and is still refused: a person must look
├── Busy                 nothing happened: try later, not before ``retry_after_s``
├── AlreadyDone          the effect exists: treat as success
├── RelationGone         the contact, group or member is no longer ours: stop, and resync it
├── Refused              a business rule of WeCom says no: show ``sentence`` to the person
├── Misconfigured        secret, right, trusted IP, contract: alarm operations, do not repeat
├── Rejected             our request is wrong: a programmer must look
│   └── LimitExceeded    seen before sending: a documented limit would be passed
├── Unreachable          no connection: nothing was sent, try later
└── OutcomeUnknown       no trustworthy answer: it may have happened; never resend, reconcile
    └── AnswerUnreadable WeCom said ok, but the answer lacks what its page promises

``call`` raises these and nothing else. Codes and sentences stand in ``errcodes.csv`` (official page
90313); which class a code belongs to is its column ``reaction``.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, ClassVar, Final

_SECRET_IN_TEXT: Final = re.compile(
    r"(\b(?:access_token|corpsecret|secret|jsapi_ticket|code|user_ticket|welcome_code)"
    r"[\"']?\s*[=:]\s*[\"']?)[^&\s\"',}]+",
    re.IGNORECASE,
)
_MAX_TEXT: Final = 200


def redact(text: str, *secrets: str) -> str:
    """Return text without credentials, cut to one readable line."""
    for secret in secrets:
        if len(secret) >= 6:  # shorter ones are test values, and would garble words
            text = text.replace(secret, "***")
    text = _SECRET_IN_TEXT.sub(r"\1***", text)
    return " ".join(text.split())[:_MAX_TEXT]


class WecomError(Exception):
    """A call to WeCom that did not end well. ``facts`` hold ids and codes only, never secrets."""

    code: ClassVar[str] = "wecom.error"
    status: ClassVar[int] = 502
    sentence: ClassVar[str] = "企业微信没有完成这次操作。"

    def __init__(self, path: str, detail: str, *, errcode: int | None = None) -> None:
        shown = "" if errcode is None else f" (errcode {errcode})"
        super().__init__(f"{path}: {detail}{shown}")
        self.path = path
        self.detail = detail
        self.errcode = errcode

    def __reduce__(self) -> tuple[Any, ...]:
        # Because __init__ takes other arguments than args holds; for copies and other processes.
        return _rebuilt, (type(self), self.args, self.__dict__)

    @property
    def facts(self) -> dict[str, Any]:
        """What a log line or an audit entry may hold."""
        return {"path": self.path, "errcode": self.errcode, "detail": self.detail}

    @property
    def person(self) -> str:
        """One Chinese sentence for the person who waits for this."""
        known = known_code(self.errcode)
        return known.sentence if known else self.sentence


def _rebuilt(kind: type[WecomError], args: tuple[Any, ...], state: dict[str, Any]) -> WecomError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class TokenExpired(WecomError):
    """40014 or 42001 again right after a renewal."""

    code = "wecom.token_expired"
    sentence = "企业微信不接受刚取得的 access_token：请核对企业 ID 与应用 Secret 是否配对。"


class Busy(WecomError):
    """Nothing happened; ``retry_after_s`` seconds is the least to wait."""

    code = "wecom.busy"
    status = 503
    sentence = "企业微信系统繁忙，请稍后再试。"

    def __init__(
        self, path: str, detail: str, *, errcode: int | None = None, retry_after_s: float = 1
    ) -> None:
        super().__init__(path, detail, errcode=errcode)
        self.retry_after_s = retry_after_s


class AlreadyDone(WecomError):
    """What was asked for is there already."""

    code = "wecom.already_done"
    status = 409
    sentence = "该操作此前已经完成。"


class RelationGone(WecomError):
    """The contact, group, member or rule is gone: resync it, do not repeat the call."""

    code = "wecom.relation_gone"
    status = 409
    sentence = "对方已不在企业的客户联系中，资料将重新同步。"


class Refused(WecomError):
    """A rule of WeCom that a person can understand and act on."""

    code = "wecom.refused"
    status = 409
    sentence = "企业微信拒绝了这次操作。"


class Misconfigured(WecomError):
    """Set-up, rights or contract: repeating does not help, and may block our address."""

    code = "wecom.misconfigured"
    sentence = "企业微信的配置或权限有误，已通知系统管理员。"


class Rejected(WecomError):
    """Our request is wrong, or the code is one that we do not know."""

    code = "wecom.rejected"
    status = 500
    sentence = "发往企业微信的请求有误，已记录，请联系系统管理员。"


class LimitExceeded(Rejected):
    """A documented limit would be passed; nothing was sent."""

    code = "wecom.limit_exceeded"
    status = 422

    def __init__(self, what: str, seen: int, limit: int, unit: str) -> None:
        super().__init__(what, f"{seen} {unit}, at most {limit}")
        self._person = f"{what}超出企业微信的限制：现为 {seen}{unit}，最多 {limit}{unit}。"

    @property
    def person(self) -> str:
        return self._person


class Unreachable(WecomError):
    """No connection could be made: nothing was sent."""

    code = "wecom.unreachable"
    status = 503
    sentence = "连接不上企业微信：请检查网络、代理与域名解析，系统会稍后再试。"


class OutcomeUnknown(WecomError):
    """It may have happened. Never resend to a customer; ask WeCom, or show it to a person."""

    code = "wecom.outcome_unknown"
    sentence = "没有收到企业微信的明确答复，结果未知：系统会核对，请勿重复操作。"


class AnswerUnreadable(OutcomeUnknown):
    """WeCom said ok, but a field that the page promises is missing or of another type."""

    code = "wecom.answer_unreadable"
    sentence = "企业微信的答复缺少应有的内容，系统会核对，请勿重复操作。"


@dataclass(frozen=True, slots=True)
class KnownCode:
    """One row of errcodes.csv."""

    errcode: int
    area: str
    reaction: str
    retry_after_s: float
    meaning: str
    sentence: str


REACTIONS: Final[dict[str, type[WecomError]]] = {
    "token": TokenExpired,
    "busy": Busy,
    "done": AlreadyDone,
    "gone": RelationGone,
    "refused": Refused,
    "misconfigured": Misconfigured,
    "rejected": Rejected,
}


@cache
def known_codes() -> dict[int, KnownCode]:
    """Return the table of error codes, read once."""
    source = resources.files("wecom").joinpath("errcodes.csv").read_text(encoding="utf-8")
    return {
        int(row["errcode"]): KnownCode(
            errcode=int(row["errcode"]),
            area=row["area"],
            reaction=row["reaction"],
            retry_after_s=float(row["retry_after_s"] or 0),
            meaning=row["meaning"],
            sentence=row["sentence"],
        )
        for row in csv.DictReader(source.splitlines())
    }


def known_code(errcode: int | None) -> KnownCode | None:
    """Return the row of a code, or None for a code that the table does not have."""
    return None if errcode is None else known_codes().get(errcode)


def error_for(path: str, errcode: int, errmsg: str, *, idempotent: bool) -> WecomError:
    """Return the error that an errcode other than 0 means.

    -1 ("system busy") does not say whether the effect took place: for a call that may not be
    repeated it is :class:`OutcomeUnknown`. ``errmsg`` is unstable and for people only; it is shown
    where a person must look, and never compared.
    """
    known = known_code(errcode)
    if known is None:
        return Rejected(path, f"unknown code, WeCom says: {errmsg}", errcode=errcode)
    if errcode == -1 and not idempotent:
        return OutcomeUnknown(path, "system busy, the effect is uncertain", errcode=errcode)
    reaction = REACTIONS[known.reaction]
    if reaction is Busy:
        return Busy(path, known.meaning, errcode=errcode, retry_after_s=known.retry_after_s)
    detail = known.meaning
    if reaction in (Rejected, Misconfigured):
        # Because here errmsg names the parameter, or the address that is not trusted.
        detail = f"{known.meaning}; WeCom says: {errmsg}"
    return reaction(path, detail, errcode=errcode)

"""Pure rules of cards: which certificate holds, whether a card is shown, what it may say."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from crm_sync.staff_cards.errors import CardRefused

SPECIALTIES: Final = 5
_NUMBER: Final = re.compile(r"[A-Za-z0-9-]{4,40}")
_PHONE: Final = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_PROMISES: Final = re.compile(r"保本|保息|稳赚|零风险|无风险|最高收益|第一|最佳|预期收益")


@dataclass(frozen=True, slots=True)
class CertificateFact:
    """A certificate as it stands."""

    id: int
    staff_id: str
    kind: str
    number: str
    valid_until: date
    entered_by: str
    decided_by: str | None
    decided_at: datetime | None
    verified: bool
    issuer: str = ""
    licence: str = ""

    def state(self, today: date) -> str:
        """waiting | refused | expired | holds."""
        if self.decided_by is None:
            return "waiting"
        if not self.verified:
            return "refused"
        return "expired" if today > self.valid_until else "holds"


@dataclass(frozen=True, slots=True)
class CardFact:
    """A card as it was written, with the certificates that hold today."""

    staff_id: str
    name: str
    unit_id: str
    active: bool
    title: str
    specialties: tuple[str, ...]
    intro: str
    portrait: str
    certificates: tuple[CertificateFact, ...]

    @property
    def shown(self) -> bool:
        """Whether customers may see it: somebody on duty with a certificate that holds."""
        return self.active and bool(self.certificates)


def holding(certificates: Iterable[CertificateFact], today: date) -> tuple[CertificateFact, ...]:
    """Those that were verified by somebody else and are good today, the last day included."""
    return tuple(one for one in certificates if one.state(today) == "holds")


def checked_text(title: str, specialties: Iterable[str], intro: str) -> tuple[str, list[str], str]:
    """What a card may say, trimmed. Raises CardRefused with what is wrong."""
    words = " ".join(title.split()), " ".join(intro.split())
    skills = list(dict.fromkeys(" ".join(one.split()) for one in specialties if one.strip()))
    if not 2 <= len(words[0]) <= 40:
        raise CardRefused("职务应为 2 到 40 个字", saw=words[0][:40], do="例如：贵宾理财经理")
    if len(skills) > SPECIALTIES or any(len(one) > 12 for one in skills):
        raise CardRefused(
            f"擅长最多 {SPECIALTIES} 项，每项最多 12 个字", saw=f"{len(skills)} 项", do="合并或删减"
        )
    if len(words[1]) > 200:
        raise CardRefused("介绍最多 200 个字", saw=f"{len(words[1])} 个字", do="写短一些")
    for text in (*words, *skills):
        if _PHONE.search(text):
            raise CardRefused(
                "名片上不能留个人手机号", saw=text[:12], do="客户用企业微信联系，不用留号码"
            )
        promise = _PROMISES.search(text)
        if promise is not None:
            raise CardRefused(
                "名片上不能有收益承诺和最高级用语", saw=promise[0], do="改成可以核实的事实"
            )
    return words[0], skills, words[1]


def checked_certificate(kind: str, number: str, valid_until: date, today: date) -> tuple[str, str]:
    """Kind and number, trimmed. Raises CardRefused."""
    name, code = " ".join(kind.split()), "".join(number.split())
    if not 2 <= len(name) <= 40:
        raise CardRefused("证书名称应为 2 到 40 个字", saw=name[:40], do="例如：基金从业资格")
    if not _NUMBER.fullmatch(code):
        raise CardRefused("证书编号应为 4 到 40 位字母、数字或横线", saw=code[:12], do="照证书填写")
    if valid_until < today:
        raise CardRefused("证书已经过期", saw=valid_until.isoformat(), do="填写续期后的证书")
    return name, code

"""What a benefit may be: nothing of value tied to money, nothing beyond the caps, no stock tip.

银保监办发〔2018〕48号 forbids 返利揽储; 理财公司理财产品销售管理暂行办法 25 条 forbids lotteries, rebates
and goods with the sale of products. What is allowed is thanks for taking part.
"""

import hashlib
from datetime import timedelta
from typing import Final

import orjson

from campaigns.errors import BenefitRefused, FormForbidden, StockTip, TiedToMoney
from campaigns.facts import KINDS, Proposal
from campaigns.tied_words import REBATE, STOCK, TIED, plain, says
from config.benefit_policy import FORBIDDEN_FORMS, BenefitPolicy
from config.benefit_policy import TIED as TIED_CONDITIONS

LAW: Final = "银保监办发〔2018〕48号；理财公司理财产品销售管理暂行办法 25 条"
INSTEAD: Final = "改成参与类的权益：例如听一场理财讲座、完成风险测评、更新资料得积分，不看金额；达标有礼也按这样办"


def checked(terms: Proposal, policy: BenefitPolicy) -> Proposal:
    """``terms`` tidied. Raises TiedToMoney, FormForbidden, StockTip or BenefitRefused."""
    words, title = terms.words.strip(), " ".join(terms.title.split())
    seen = plain(f"{title}。{words}。{terms.place}")
    if terms.condition in TIED_CONDITIONS or says(TIED, seen):
        raise TiedToMoney(
            "权益不得以存款、转入资金、资产达到某个数或购买产品为条件",
            saw=says(TIED, seen) or terms.condition,
            where=LAW,
            do=INSTEAD,
        )
    if terms.form in FORBIDDEN_FORMS or says(REBATE, seen):
        raise FormForbidden(
            "现金、红包、实物、代金券、抽奖和返利都不能作为权益",
            saw=says(REBATE, seen) or terms.form,
            where=LAW,
            do=INSTEAD,
        )
    if terms.kind == "stock_tip" or says(STOCK, seen):
        raise StockTip(
            "推荐股票不能作为权益，也没有别的入口",
            saw=says(STOCK, seen) or terms.kind,
            where="证券法 160、161 条",
            do="可以办不谈个股的投资者教育讲座",
        )
    _formed(terms, title, words, policy)
    _capped(terms, policy)
    value = terms.points * policy.point_fen if terms.kind == "point" else terms.value_fen
    return Proposal(
        terms.kind, terms.form, title, words, terms.condition, terms.valid_from,
        terms.valid_until, terms.points, value, terms.budget_fen, tuple(sorted(set(terms.tiers))),
        terms.held_on, terms.place.strip(), terms.seats,
    )  # fmt: skip


def _formed(terms: Proposal, title: str, words: str, policy: BenefitPolicy) -> None:
    forms = {"point": {"points"}, "event": set(policy.event_types), "right": set(policy.rights)}
    if terms.kind not in KINDS:
        raise BenefitRefused("没有这种权益", saw=terms.kind, do="选积分、活动或权益")
    if terms.form not in forms[terms.kind]:
        raise BenefitRefused(
            "没有这种形式", saw=terms.form, where="策略“权益、积分与活动”", do="从列表里选"
        )
    if terms.condition not in policy.conditions:
        raise BenefitRefused(
            "没有这种条件", saw=terms.condition, where="策略“权益、积分与活动”", do="从列表里选"
        )
    if not 2 <= len(title) <= 60 or not 2 <= len(words) <= 1_000:
        raise BenefitRefused(
            "名称应为 2 到 60 个字，说明应为 2 到 1000 个字", saw=f"{len(title)}、{len(words)} 个字"
        )
    if terms.valid_until < terms.valid_from:
        raise BenefitRefused("结束日早于开始日", saw=terms.valid_until.isoformat())
    if terms.valid_until - terms.valid_from > timedelta(days=policy.longest_days):
        raise BenefitRefused(f"有效期不能超过 {policy.longest_days} 天", do="到期后重新申请")
    if terms.kind == "event" and (terms.held_on is None or not 1 <= terms.seats <= 10_000):
        raise BenefitRefused("活动要写哪天办和有几个名额", do="名额 1 到 10000")
    if (
        terms.kind == "event"
        and not terms.valid_from <= (terms.held_on or terms.valid_from) <= terms.valid_until
    ):
        raise BenefitRefused("举办日应在有效期内", saw=str(terms.held_on))


def _capped(terms: Proposal, policy: BenefitPolicy) -> None:
    value = terms.points * policy.point_fen if terms.kind == "point" else terms.value_fen
    if terms.kind == "point" and terms.points < 1:
        raise BenefitRefused("积分应大于 0", saw=str(terms.points))
    if value < 0 or value > policy.caps.per_grant_fen:
        raise BenefitRefused(
            f"单次价值应在 0 到 {policy.caps.per_grant_fen / 100:g} 元之间",
            saw=f"{value / 100:g} 元",
            where="策略“权益、积分与活动” caps.per_grant_fen",
        )
    if not value <= terms.budget_fen <= policy.caps.per_benefit_fen:
        raise BenefitRefused(
            f"预算应不少于一次的价值、不超过 {policy.caps.per_benefit_fen / 100:g} 元",
            saw=f"{terms.budget_fen / 100:g} 元",
        )


def digest(terms: Proposal) -> str:
    """The fingerprint an approval is bound to: every field of the benefit, in a fixed order."""
    whole = {
        name: str(getattr(terms, name)) if name != "tiers" else list(terms.tiers)
        for name in Proposal.__dataclass_fields__
    }
    return hashlib.sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)).hexdigest()

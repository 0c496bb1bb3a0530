"""Which channel a contact takes (超渠道), from facts and policy: pure, total, with its reason.

Nature of need gives the order, value and cost put what is too dear last, what the customer is
used to goes first, and what the customer refused or nobody can use is left out with its reason.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from config.channel_choice_policy import ChannelChoicePolicy

NOBODY: Final = "nobody"
"""No channel may be used: nothing is said, and the reasons say why."""

WECOM: Final = frozenset({"todo", "broadcast"})
TELEPHONE: Final = frozenset({"sms", "phone"})
KINDS: Final[Mapping[str, str]] = {
    "todo": "message",
    "phone": "call",
    "outlet": "visit",
    "sms": "sms",
}
"""What a manager sees a contact with words as, by its channel."""

WHY_NOT: Final[Mapping[str, str]] = {
    "said_no": "客户不要这条路",
    "no_relation": "和管户经理没有企业微信好友关系",
    "no_phone": "没有留电话",
    "personal": "有个人内容，不能群发",
    "no_words": "没有审核过的话术",
    "no_sender": "没有接通短信平台，或今天已过发短信的时刻",
    "failed": "试过，没有走通",
}
"""Why a channel was not taken, by code."""


class ContactFacts(Struct, frozen=True):
    """What the choice looks at. ``refused``, ``failed``: channels; ``relation``: a live WeCom
    relation with an owner who may send; ``sms``: a gateway takes text messages now; ``words``: there
    is an approved text; ``personal``: it speaks of this one customer."""

    purpose: str
    trigger: str
    tier: str
    personal: bool
    words: bool
    relation: bool
    phone: bool
    sms: bool
    regulated: bool = False
    preferred: str = ""
    refused: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()


class Choice(Struct, frozen=True):
    """The channel (or ``nobody``), why, and every channel before it with the code of its refusal."""

    channel: str
    reason: str
    refused: tuple[tuple[str, str], ...]

    @property
    def refused_text(self) -> str:
        """``todo:no_relation,phone:said_no``, as it is stored."""
        return ",".join(f"{channel}:{why}" for channel, why in self.refused)


def choose(facts: ContactFacts, policy: ChannelChoicePolicy) -> Choice:
    """The one channel of a contact, or ``nobody``. Every answer has its reason in words."""
    need = policy.need_of(purpose=facts.purpose, trigger=facts.trigger, regulated=facts.regulated)
    value = policy.value_of(facts.tier)
    wanted = list(need.order if facts.personal else need.general)
    dear = frozenset[str]()
    if not need.fixed:
        dear = frozenset(one for one in wanted if policy.cost_of(one) > value.budget_fen)
        wanted.sort(key=lambda one: (one in dear, one != facts.preferred))
    refused: list[tuple[str, str]] = []
    for channel in wanted:
        why = _against(channel, facts)
        if why:
            refused.append((channel, why))
            continue
        said = [f"{need.title}走{policy.title_of(channel)}"]
        if channel == facts.preferred and not need.fixed:
            said.append("客户惯用")
        if channel in dear:
            said.append(f"超出{value.name}的成本，但别的都走不通")
        elif channel in need.order and channel != need.order[0] and not refused and dear:
            said.append(f"{value.name}先用成本低的")
        said += _in_words(refused, policy)
        return Choice(channel, "；".join(said), tuple(refused))
    said = [f"{need.title}没有可走的渠道", *_in_words(refused, policy)]
    return Choice(NOBODY, "；".join(said), tuple(refused))


def _against(channel: str, facts: ContactFacts) -> str:
    """The code of what speaks against a channel; empty when nothing does."""
    if channel in facts.refused:
        return "said_no"
    if channel in facts.failed:
        return "failed"
    if channel == "broadcast" and facts.personal:
        return "personal"
    if channel in WECOM and not facts.relation:
        return "no_relation"
    if channel in TELEPHONE and not facts.phone:
        return "no_phone"
    if channel == "sms" and not facts.words:
        return "no_words"
    if channel == "sms" and not facts.sms:
        return "no_sender"
    return ""


def _in_words(refused: list[tuple[str, str]], policy: ChannelChoicePolicy) -> list[str]:
    return [f"{policy.title_of(channel)}：{WHY_NOT[why]}" for channel, why in refused]


TITLES: Final[Mapping[str, str]] = {
    "todo": "企业微信一对一",
    "broadcast": "企业微信群发",
    "sms": "短信",
    "phone": "电话",
    "outlet": "网点",
    NOBODY: "没有可走的渠道",
}
"""What the channels are called where no policy is at hand."""


def in_words(refused: str) -> list[str]:
    """``todo:no_relation,phone:said_no`` as people read it; what is none of ours stays as it is."""
    said = []
    for one in filter(None, refused.split(",")):
        channel, _, why = one.partition(":")
        said.append(f"{TITLES[channel]}：{WHY_NOT[why]}" if why in WHY_NOT else one)
    return said

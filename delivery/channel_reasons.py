"""Why a moment, a group post, a welcome, a send by hand or a card to staff is the way it is.

``channel_choice`` weighs the ways of a contact that was planned; these are chosen by a person or
by their nature, so each keeps one sentence: who chose, and what rule or limit speaks for it.
"""

from typing import Final

from config.moment_policy import CustomerCaps

PURPOSES: Final = {"service": "服务", "care": "关怀", "marketing": "营销"}
MOST: Final = 400
"""How long a reason may be where it is kept."""


def of_moment(*, by: str, audience: str, caps: CustomerCaps) -> str:
    """``by`` proposed it for the list ``audience``; ``caps``: how many one customer may see."""
    return (
        f"{by or '申请人'}选了企业朋友圈：话里不写任何一位客户，“{audience}”里每人看到的一样；"
        f"每位客户一天最多 {caps.day} 条、一个月最多 {caps.month} 条，由成员自己点发表"
    )[:MOST]


def of_group_post(*, owner: str, customers: int, unknown: int, purpose: str, most: int) -> str:
    """``owner`` chose the group; ``most``: how many posts of that purpose it takes a day."""
    readers = f"{customers} 位客户" + (f"、{unknown} 位本行不认识的人" if unknown else "")
    return (
        f"群主{owner}自己选了这个群：群里 {readers}看到的是同一条，不写个人内容；"
        f"一个群一天最多 {most} 条{PURPOSES.get(purpose, purpose)}"
    )[:MOST]


def of_welcome(*, staff: str, seconds: int) -> str:
    """A new friend of ``staff`` (empty where the bank does not know the member)."""
    whose = f"{staff}刚加上的好友" if staff else "刚加上的好友"
    return (
        f"{whose}：企业微信只在加好友后 {seconds} 秒内给一次欢迎的机会，由系统自己说；"
        "这时还不知道是哪一位客户，没有别的路先到"
    )


def of_choice_by_hand(*, purpose: str) -> str:
    """A send from the sidebar that no plan asked for."""
    return (
        f"客户经理自己在侧边栏选的{PURPOSES.get(purpose, purpose)}话术：一对一发给正在聊的这位客户"
    )


def of_staff_card(*, todos: int, again: bool) -> str:
    """A card for the manager of ``todos`` to-dos; ``again``: the second one of the day."""
    when = "今天提醒过、还没有做完" if again else "今天新到"
    return (
        f"{when}的 {todos} 件要客户经理本人去办，系统不能替他对客户说；"
        "应用消息只到本行员工，不写客户"
    )

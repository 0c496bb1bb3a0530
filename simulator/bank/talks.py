"""Thirty days of talk for the archive, with seven planted problems to go and find.

The talk is a list of steps for the simulated WeCom: ``{"path": "/_sim/say", "json": [...]}`` and
``{"path": "/_sim/act", "json": {...}}``, in the order of time.
"""

from dataclasses import dataclass
from datetime import time
from random import Random
from typing import Any, Final

from simulator.bank.people import Person, person
from simulator.bank.shape import Bank
from simulator.bank.wecom_side import circles, is_contact, moment, stranger_id

DAYS: Final = 30
EXPIRED_TEXT: Final = (
    "青禾银行 10 月大额存单：三年期，20 万元起存，以网点公示利率为准，活动截至 10 月 31 日。"
)
"""A script that was approved once and is over: the demo lands it with an end in the past."""

SMALL_TALK: Final = (
    (
        (True, "您好，我是青禾银行的{staff}，您有事随时找我。"),
        (False, "好的，谢谢{short}"),
        (False, "周末网点开门吗"),
        (True, "周六上午 9 点到 12 点有人值班，周日休息。"),
    ),
    (
        (False, "请问换卡要带什么"),
        (True, "带身份证和旧卡到网点就可以，大约 10 分钟。"),
        (False, "收到"),
    ),
    (
        (False, "存单到期了不去办会怎么样"),
        (True, "约定了自动转存的会按原期限转存，没约定的按活期计息，具体看您的存单。"),
        (False, "明白了，我回头去看看"),
        (True, "好的，来之前跟我说一声，我给您留号。"),
    ),
    (
        (True, "这两天降温，出门添件衣服。"),
        (False, "谢谢关心"),
    ),
    (
        (False, "手机银行登录不上"),
        (True, "您点“忘记密码”，按提示用身份证和手机验证就能重新设置。密码和验证码谁都不要告诉，也包括我。"),
        (False, "好了，可以了"),
    ),
)  # fmt: skip
GROUP_TALK: Final = (
    "早上好，今天网点 9 点开门，办业务的邻居请带好身份证。",
    "反诈小课堂：凡是要您把钱转到“安全账户”的，都是骗子。",
    "周六上午有志愿者在网点教大家用手机，欢迎来坐坐。",
)


@dataclass(frozen=True, slots=True)
class Planted:
    """A problem that stands in the talk: what, where, when, and how it should be noticed."""

    kind: str
    title: str
    staff: str  # userid
    where: str  # external_userid or chat_id
    at: float
    text: str
    notice: str


def planted(bank: Bank) -> list[Planted]:
    """The seven problems, in the order of NEWCOMER: promise, advert, personal data in a group,
    recalled message, expired script, wrong risk level, silence over a maturity."""
    zhou, chen, lin = person(bank, 1), person(bank, 2), person(bank, 5)
    manager, room = zhou.owner_userid, circles(bank)[0].chat_id
    told = moment(bank, 1, time(10, 44))
    return [
        Planted("promise", "承诺保本", manager, zhou.external_userid, told,
                "阿姨您放心，这款基本就是保本的，跟存款差不多，利息还高一点",
                "检索“保本”；手工输入，没有用审核过的话术"),
        Planted("advert", "群内广告", manager, room, moment(bank, 1, time(10, 23)),
                "小周优贷：无抵押当天放款，额度 30 万，点 http://xiaozhou-loan.example/q 领取",
                "客户群里外部人员发的借贷链接"),
        Planted("personal_data", "群内泄露个人信息", manager, room, moment(bank, 3, time(16, 5)),
                f"{zhou.name} {zhou.phone} 您的存单快到期了，请到网点来一趟",
                "员工在群里发了客户姓名和手机号"),
        Planted("recalled", "撤回的消息", manager, zhou.external_userid, told + 91,
                "刚才说错了，您当没看见", "撤回了，存档里仍有原文"),
        Planted("expired_script", "过期话术", manager, chen.external_userid,
                moment(bank, 4, time(15, 12)), EXPIRED_TEXT, "与已停用的话术一字不差"),
        Planted("wrong_risk", "风险不匹配", manager, zhou.external_userid,
                moment(bank, 6, time(11, 2)),
                "给您推荐禾苗价值成长股票（R4），最近涨得不错，可以买一点",
                "客户是 C2，产品是 R4"),
        Planted("silence", "到期无人回应", manager, lin.external_userid,
                moment(bank, 3, time(9, 20)), "小李，我有一笔存款这两天是不是到期了",
                "到期前后没有任何回复，存款两天前已到期"),
    ]  # fmt: skip


def talk(bank: Bank, *, a_day: int = 12) -> list[dict[str, Any]]:
    """Thirty days of talk up to yesterday, ``a_day`` conversations a day, as steps in order."""
    problems = {one.kind: one for one in planted(bank)}
    said: list[tuple[float, dict[str, Any]]] = []
    people, rooms = _talkers(bank), circles(bank)[:3]
    for days_ago in range(DAYS, 0, -1):
        random = bank.random("talk", days_ago)
        for _ in range(a_day):
            said += _conversation(bank, random, random.choice(people), days_ago)
        for circle in rooms:
            said.append(
                (
                    moment(bank, days_ago, time(9, 0)),
                    {
                        "speaker": circle.owner,
                        "chat_id": circle.chat_id,
                        "text": random.choice(GROUP_TALK),
                    },
                )
            )
    said += _around(bank, problems)
    said.sort(key=lambda pair: pair[0])
    recalled = problems["recalled"]
    before = [pair for pair in said if pair[0] <= recalled.at]
    after = [pair for pair in said if pair[0] > recalled.at]
    return [*_steps(before), *_recall(recalled), *_steps(after)]


def _talkers(bank: Bank) -> list[Person]:
    """Contacts who talk; the customer of the silence is not among them."""
    found = [
        one
        for number in range(1, min(bank.customers, 400) + 1)
        if number != 5 and is_contact(bank, one := person(bank, number))
    ]
    return found or [person(bank, 1)]


def _conversation(
    bank: Bank, random: Random, one: Person, days_ago: int
) -> list[tuple[float, dict[str, Any]]]:
    names = {member.staff_id: member.name for member in bank.members}
    staff = names[one.owner]
    at = moment(bank, days_ago, time(random.randint(9, 16), random.randint(0, 59)))
    said = []
    for ours, text in random.choice(SMALL_TALK):
        at += random.randint(20, 400)
        words = text.format(staff=staff, short=f"小{staff[0]}")
        pair = (one.owner_userid, one.external_userid)
        speaker, to = pair if ours else pair[::-1]
        said.append((at, {"speaker": speaker, "to": to, "text": words}))
    return said


def _around(bank: Bank, problems: dict[str, Planted]) -> list[tuple[float, dict[str, Any]]]:
    """The problems with the talk that leads up to them."""
    promise, silence, wrong = problems["promise"], problems["silence"], problems["wrong_risk"]
    said = [
        (
            promise.at - 480,
            _from(promise.where, promise.staff, "小李，我那 20 万到期了，你说放哪儿好"),
        ),
        (promise.at - 180, _from(promise.where, promise.staff, "那个新的理财安全不")),
        (promise.at, _from(promise.staff, promise.where, promise.text)),
        (promise.at + 260, _from(promise.where, promise.staff, "好的那我下午过来")),
        (silence.at, _from(silence.where, silence.staff, silence.text)),
    ]
    for kind in ("personal_data", "expired_script"):
        one = problems[kind]
        key = "chat_id" if kind == "personal_data" else "to"
        said.append((one.at, {"speaker": one.staff, key: one.where, "text": one.text}))
    advert = problems["advert"]
    said.append(
        (advert.at, {"speaker": stranger_id(bank, 0), "chat_id": advert.where, "text": advert.text})
    )
    said.append((wrong.at, _from(wrong.staff, wrong.where, wrong.text)))
    return said


def _from(speaker: str, to: str, text: str) -> dict[str, Any]:
    return {"speaker": speaker, "to": to, "text": text}


def _steps(said: list[tuple[float, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [{"path": "/_sim/say", "json": [{**order, "at": at} for at, order in said]}]


def _recall(one: Planted) -> list[dict[str, Any]]:
    """A message with a number of our own choosing, and the record that takes it back."""
    first = f"{int(one.at):019d}_{int(one.at * 1000)}_external"
    second = f"{int(one.at) + 1:019d}_{int(one.at * 1000) + 25_000}_external"
    common = {"from": one.staff, "tolist": [one.where], "roomid": ""}
    messages: list[dict[str, Any]] = [
        {"msgid": first, "action": "send", "msgtime": int(one.at * 1000), "msgtype": "text",
         "text": {"content": one.text}},
        {"msgid": second, "action": "recall", "msgtime": int(one.at * 1000) + 25_000,
         "msgtype": "revoke", "revoke": {"pre_msgid": first}},
    ]  # fmt: skip
    return [
        {
            "path": "/_sim/act",
            "json": {
                "act": "archive_record",
                "message": common | message,
                "at": one.at + 25 * place,
            },
        }
        for place, message in enumerate(messages)
    ]

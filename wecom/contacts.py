"""External contacts and who follows them (official pages 92113, 92114, 92994, 92115)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from wecom import limits
from wecom.answers import Answer, Page, follow
from wecom.client import Caller
from wecom.errors import AnswerUnreadable, RelationGone

_NO_RELATION: Final = 84061

ADD_WAYS: Final[dict[int, str]] = {
    0: "未知来源",
    1: "扫描二维码",
    2: "搜索手机号",
    3: "名片分享",
    4: "群聊",
    5: "手机通讯录",
    6: "微信联系人",
    8: "安装第三方应用时自动添加的客服人员",
    9: "搜索邮箱",
    10: "视频号添加",
    11: "通过日程参与人添加",
    12: "通过会议参与人添加",
    13: "添加微信好友对应的企业微信",
    14: "通过智慧硬件专属客服添加",
    15: "通过上门服务客服添加",
    16: "通过获客链接添加",
    17: "通过定制开发添加",
    18: "通过需求回复添加",
    21: "通过第三方售前客服添加",
    22: "通过可能的商务伙伴添加",
    24: "通过接受微信账号收到的好友申请添加",
    201: "内部成员共享",
    202: "管理员或负责人分配",
}


@dataclass(frozen=True, slots=True)
class Contact:
    """An external contact as WeCom knows it. ``kind``: 1 WeChat, 2 WeCom."""

    external_userid: str
    name: str = field(repr=False)
    kind: int | None
    gender: int
    """0 unknown, 1 male, 2 female."""
    avatar: str = field(repr=False)
    unionid: str = field(repr=False)
    position: str = field(repr=False)
    corp_name: str = field(repr=False)
    corp_full_name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FollowTag:
    """A tag that one member gave. ``kind``: 1 corp, 2 personal (no id), 3 strategy group."""

    tag_id: str
    name: str
    group_name: str
    kind: int | None


@dataclass(frozen=True, slots=True)
class Follow:
    """What one member holds about a contact. ``oper_userid`` may be the contact's own id."""

    staff_id: str
    remark: str = field(repr=False)
    description: str = field(repr=False)
    created_at: datetime | None
    tags: tuple[FollowTag, ...]
    """Filled by ``get``."""
    tag_ids: tuple[str, ...]
    """Corp and strategy tags; filled by ``get`` and by ``of_members``."""
    remark_corp_name: str = field(repr=False)
    remark_mobiles: tuple[str, ...] = field(repr=False)
    oper_userid: str
    add_way: int | None
    state: str
    channels_name: str = field(repr=False)
    channels_source: int | None


@dataclass(frozen=True, slots=True)
class ContactDetail:
    """A contact with all its followers that our app may see."""

    contact: Contact
    follows: tuple[Follow, ...]


@dataclass(frozen=True, slots=True)
class FollowedContact:
    """One pair (member, contact). A contact of two members comes twice."""

    contact: Contact
    follow: Follow


@dataclass(frozen=True, slots=True)
class ContactPage(Page[FollowedContact]):
    """A page of pairs; members without an interop licence are named and left out by WeCom."""

    unlicensed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """What a member's view of a contact shall be; None leaves a field as it is (92115)."""

    remark: str | None = field(default=None, repr=False)
    description: str | None = field(default=None, repr=False)
    company: str | None = field(default=None, repr=False)
    mobiles: tuple[str, ...] | None = field(default=None, repr=False)
    """Replaces all; an empty tuple clears them."""
    picture_media_id: str | None = None

    def __post_init__(self) -> None:
        limits.at_most_chars("客户备注", self.remark or "", 20)
        limits.at_most_chars("客户描述", self.description or "", 150)
        limits.at_most_chars("客户备注的公司名", self.company or "", 20)
        limits.not_empty("客户备注", self.as_json())

    def as_json(self) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "remark": self.remark,
            "description": self.description,
            "remark_company": self.company,
            "remark_pic_mediaid": self.picture_media_id,
        }
        if self.mobiles is not None:
            fields["remark_mobiles"] = list(self.mobiles) or [""]
        return {name: value for name, value in fields.items() if value is not None}


async def list_of(client: Caller, staff_id: str) -> tuple[str, ...]:
    """Return the ids of a member's contacts (92113); a member without any answers 84061."""
    path = "externalcontact/list"
    try:
        answer = await client.call(path, params={"userid": staff_id}, idempotent=True)
    except RelationGone as error:
        if error.errcode == _NO_RELATION:
            return ()
        raise
    return Answer(path, answer).strings("external_userid")


async def get(client: Caller, external_userid: str) -> ContactDetail:
    """Return a contact with all its followers, over as many pages of 500 as there are (92114)."""
    path = "externalcontact/get"
    follows: list[Follow] = []
    cursor = ""
    while True:
        params = {"external_userid": external_userid} | ({"cursor": cursor} if cursor else {})
        answer = Answer(path, await client.call(path, params=params, idempotent=True))
        contact = _contact(answer.need_child("external_contact"))
        follows += (_follow(one) for one in answer.objects("follow_user"))
        following = answer.text("next_cursor")
        if not following:
            return ContactDetail(contact, tuple(follows))
        if following == cursor:
            raise AnswerUnreadable(path, "WeCom gave the same cursor twice")
        cursor = following


def of_members(
    client: Caller, staff_ids: Sequence[str], cursor: str = "", limit: int = 100
) -> AsyncIterator[ContactPage]:
    """Yield pages of the contacts of up to 100 members (92994), from a kept cursor on.

    84061 (RelationGone) where none of them has a contact.
    """
    limits.at_most("成员", staff_ids, 100)
    limits.not_empty("成员", staff_ids)
    path = "externalcontact/batch/get_by_user"

    async def fetch(at: str) -> ContactPage:
        body = {"userid_list": list(staff_ids), "cursor": at, "limit": limit}
        answer = Answer(path, await client.call(path, body, idempotent=True))
        return ContactPage(
            tuple(
                FollowedContact(
                    _contact(one.need_child("external_contact")),
                    _follow(one.need_child("follow_info")),
                )
                for one in answer.objects("external_contact_list")
            ),
            answer.text("next_cursor"),
            answer.child("fail_info").strings("unlicensed_userid_list"),
        )

    return follow(fetch, cursor)


async def set_remark(client: Caller, staff_id: str, external_userid: str, remark: Remark) -> None:
    """Write a member's remark on a contact; no callback follows (92115)."""
    body = {"userid": staff_id, "external_userid": external_userid, **remark.as_json()}
    await client.call("externalcontact/remark", body, idempotent=True)


def _contact(answer: Answer) -> Contact:
    return Contact(
        external_userid=answer.need("external_userid"),
        name=answer.text("name"),
        kind=answer.integer("type"),
        gender=answer.count("gender"),
        avatar=answer.text("avatar"),
        unionid=answer.text("unionid"),
        position=answer.text("position"),
        corp_name=answer.text("corp_name"),
        corp_full_name=answer.text("corp_full_name"),
    )


def _follow(answer: Answer) -> Follow:
    tags = tuple(
        FollowTag(
            tag_id=one.text("tag_id"),
            name=one.text("tag_name"),
            group_name=one.text("group_name"),
            kind=one.integer("type"),
        )
        for one in answer.objects("tags")
    )
    channels = answer.child("wechat_channels")
    return Follow(
        staff_id=answer.need("userid"),
        remark=answer.text("remark"),
        description=answer.text("description"),
        created_at=answer.moment("createtime"),
        tags=tags,
        tag_ids=answer.strings("tag_id") or tuple(tag.tag_id for tag in tags if tag.tag_id),
        remark_corp_name=answer.text("remark_corp_name"),
        remark_mobiles=answer.strings("remark_mobiles"),
        oper_userid=answer.text("oper_userid"),
        add_way=answer.integer("add_way"),
        state=answer.text("state"),
        channels_name=channels.text("nickname"),
        channels_source=channels.integer("source"),
    )

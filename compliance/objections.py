"""Every reason the gate may give against a message: its code, why, and the way on."""

from collections.abc import Mapping
from enum import StrEnum


class Objection(StrEnum):
    """A broken rule. ``code`` is a heading in docs/errors.md, ``saying`` is for the person."""

    code: str
    saying: str

    def __new__(cls, value: str, code: str, saying: str) -> "Objection":
        """Keep code and saying beside the name that is stored."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.code = code
        member.saying = saying
        return member

    # who speaks
    SENDER_INACTIVE = (
        "sender_inactive", "E-4001",
        "发送人已停用或离职。请换在岗的客户经理发送。",
    )  # fmt: skip
    SENDER_UNLICENSED = (
        "sender_unlicensed", "E-4002",
        "发送人没有这类产品的有效资质。请由有资质的同事发送，或先在人员管理里更新资质。",
    )  # fmt: skip

    # the words as approved
    NOT_APPROVED = (
        "not_approved", "E-4003",
        "这段话术还没有通过审核，或已经停用。请选已审核的版本，或提交审核。",
    )  # fmt: skip
    CHANGED_SINCE_APPROVAL = (
        "changed_since_approval", "E-4004",
        "内容与审核时的指纹不一致。请把改动作为新版本重新提交审核。",
    )  # fmt: skip
    NOT_YET_VALID = (
        "not_yet_valid", "E-4005",
        "这段话术还没到生效日。请等到生效日，或选正在生效的版本。",
    )  # fmt: skip
    EXPIRED = (
        "expired", "E-4006",
        "这段话术已过有效期。请运营提交新版本，审核通过后再发。",
    )  # fmt: skip

    # whom they are for
    TIER_NOT_ADDRESSED = (
        "tier_not_addressed", "E-4007",
        "这段内容只面向指定的客户层级，这位客户不在其中。请选适合该层级的内容。",
    )  # fmt: skip
    PERSONA_NOT_ADDRESSED = (
        "persona_not_addressed", "E-4008",
        "这段内容只面向指定的客群，这位客户不在其中。请选适合的客群内容或通用内容。",
    )  # fmt: skip
    NOT_ON_ALLOW_LIST = (
        "not_on_allow_list", "E-4009",
        "这是白名单产品，这位客户不在有效的白名单里。请先提交白名单申请并由第二人批准。",
    )  # fmt: skip
    RECIPIENTS_UNKNOWN = (
        "recipients_unknown", "E-4010",
        "还不知道谁会看到这段内容，无法核对适当性。请先同步群成员或选定客户。",
    )  # fmt: skip

    # suitability
    MINOR = (
        "minor", "E-4011",
        "客户未满 18 岁，不能收到产品内容。请与监护人沟通，或改发安全教育类内容。",
    )  # fmt: skip
    AGE_UNKNOWN = (
        "age_unknown", "E-4012",
        "没有客户的出生日期，无法核对年龄上限。请先补全资料，或改发不含产品的内容。",
    )  # fmt: skip
    NO_RATING = (
        "no_rating", "E-4013",
        "客户没有风险测评，不能收到投资类内容。请客户本人在手机银行或网点完成测评。",
    )  # fmt: skip
    RATING_EXPIRED = (
        "rating_expired", "E-4014",
        "客户的风险测评已满 12 个月。请客户本人重新测评后再发投资类内容。",
    )  # fmt: skip
    ABOVE_RATING = (
        "above_rating", "E-4015",
        "产品风险等级高于客户的风险承受等级。请换等级相符的产品，或只发关怀内容。",
    )  # fmt: skip
    ELDER_CEILING = (
        "elder_ceiling", "E-4016",
        "客户已满 65 岁，只能收到 R2 及以下的产品内容。请换存款、R1、R2 或关怀内容。",
    )  # fmt: skip
    PRODUCT_RISK_UNKNOWN = (
        "product_risk_unknown", "E-4017",
        "这个投资产品没有风险等级，无法核对适当性。请先在产品库补全等级。",
    )  # fmt: skip
    PRIVATE_PRODUCT = (
        "private_product", "E-4018",
        "私募、结构化等非公开产品不能进群发、朋友圈、客户群和欢迎语。请对白名单客户一对一沟通。",
    )  # fmt: skip
    PRIVATE_NEEDS_ALLOW_LIST = (
        "private_needs_allow_list", "E-4019",
        "非公开产品只能发给批准过的白名单客户。请先为这款产品建立白名单。",
    )  # fmt: skip
    OFF_SALE = (
        "off_sale", "E-4020",
        "产品已下架，内容随之失效。请换在售产品。",
    )  # fmt: skip

    NOT_LISTED = (
        "not_listed", "E-4045",
        "产品不在这个渠道、这个机构当下的在售清单里。请换清单里的产品，或提交上架审批。",
    )  # fmt: skip
    PRODUCT_GONE = (
        "product_gone", "E-4046",
        "内容写到的产品在产品库里已经没有了。请换在售产品，或停用这条内容。",
    )  # fmt: skip

    # what the customer wants
    NO_CONSENT = (
        "no_consent", "E-4021",
        "客户没有同意营销。可以发关怀类；想发产品类，先请客户在“服务授权”里同意。",
    )  # fmt: skip
    PURPOSE_REFUSED = (
        "purpose_refused", "E-4042",
        "客户明确拒绝过这类消息。客户主动问起时可以回应；要再主动发，先请客户本人重新同意。",
    )  # fmt: skip
    OPTED_OUT = (
        "opted_out", "E-4022",
        "客户已退订，只能发到期、账务等服务内容。客户本人重新同意前，任何人都不能再发。",
    )  # fmt: skip
    WANTS_SILENCE = (
        "wants_silence", "E-4023",
        "客户要求不再联系。只能在客户主动找来时回应；要紧事项请走网点或电话流程。",
    )  # fmt: skip
    PERSONALISATION_OFF = (
        "personalisation_off", "E-4024",
        "客户关闭了个性化内容。请改发不按客群挑选的通用内容。",
    )  # fmt: skip
    COMPLAINT_OPEN = (
        "complaint_open", "E-4025",
        "客户有投诉在办，结案前不发营销。请先处理投诉，结案后再联系。",
    )  # fmt: skip
    CARE_FIRST = (
        "care_first", "E-4026",
        "近期没有给客户送过关怀，不能直接谈产品。请先做一次关怀，再发这段内容。",
    )  # fmt: skip

    # when
    OUT_OF_HOURS = (
        "out_of_hours", "E-4027",
        "现在不在可以打扰客户的时段。请在时段内再发，或改为明天的待办。",
    )  # fmt: skip
    QUIET_DAY = (
        "quiet_day", "E-4028",
        "今天是静默日，不发营销。请改到静默结束后的工作日。",
    )  # fmt: skip

    # how often
    CAP_DAY = (
        "cap_day", "E-4029",
        "客户今天已收到这类消息的上限。请明天再发。",
    )  # fmt: skip
    CAP_WEEK = (
        "cap_week", "E-4030",
        "客户本周已收到这类消息的上限。请下周再发，或先做别的客户。",
    )  # fmt: skip
    CAP_MONTH = (
        "cap_month", "E-4031",
        "客户本月已收到这类消息的上限。请下月再发。",
    )  # fmt: skip
    CAP_CAMPAIGN = (
        "cap_campaign", "E-4032",
        "客户在这次活动里已收到足够的消息。请等客户回应，或结束这位客户的跟进。",
    )  # fmt: skip
    CAP_GROUP = (
        "cap_group", "E-4033",
        "这个群今天已发过这类内容。请明天再发。",
    )  # fmt: skip

    # the text itself
    DISCLOSURE_MISSING = (
        "disclosure_missing", "E-4034",
        "产品内容缺少必备要素（风险等级、期限、风险提示等）。请按提示补全后重新提交审核。",
    )  # fmt: skip
    SCREENED_BLOCK = (
        "screened_block", "E-4035",
        "文字里有不得出现的说法。请按改写建议修改，或换已审核的话术。",
    )  # fmt: skip
    SCREENED_REVIEW = (
        "screened_review", "E-4036",
        "文字里有需要合规复核的说法。请先送合规复核，或换已审核的话术。",
    )  # fmt: skip
    PERSONAL_IN_PUBLIC = (
        "personal_in_public", "E-4037",
        "含客户个人信息的内容不能群发、发朋友圈或发到群里。请一对一发送，或换通用内容。",
    )  # fmt: skip
    ACCOUNT_IN_TEXT = (
        "account_in_text", "E-4038",
        "文字里有账号、证件号、手机号或余额。请删去，改为请客户在手机银行查看。",
    )  # fmt: skip
    FOREIGN_LINK = (
        "foreign_link", "E-4039",
        "文字里有不在白名单的链接。请换本行官方地址，或请科技部登记该域名。",
    )  # fmt: skip
    TOO_LONG = (
        "too_long", "E-4040",
        "文字超过这个渠道的长度上限。请精简后作为新版本提交。",
    )  # fmt: skip
    EMPTY = (
        "empty", "E-4041",
        "没有可发的文字。请检查话术内容。",
    )  # fmt: skip
    SAID_IN_PIECES = (
        "said_in_pieces", "E-4047",
        "与刚才发给这位客户的话连起来读，成了不得出现的说法。请改用完整的、已审核的话术，不要分条说。",
    )  # fmt: skip


BY_CODE = {objection.code: objection for objection in Objection}
"""Objections by their code, for pages that show a recorded decision."""


def told(objection: Objection, details: Mapping[Objection, str]) -> str:
    """Why and the way on, with what was found where the gate named it."""
    found = details.get(objection, "")
    return f"{objection.saying}（{found}）" if found else objection.saying

"""The ways crm_sync says no."""

from collections.abc import Sequence

from kit.errors import Conflict, InputRefused, NotFound, Unauthenticated


class NotCovered(NotFound):
    """No such customer, or none this person may know of: one answer, so that it tells nothing."""

    code = "E-3210"

    def __init__(self, staff_id: str) -> None:
        super().__init__(
            "找不到这位客户，或不在您的管户和机构范围内",
            where="客户列表只列出您可以查看的客户",
            do="核对客户号；确属您管户的，请网点负责人在“管户”里分配后再看",
            staff_id=staff_id,
        )


class StaffUnknown(Unauthenticated):
    """The person who is signed in is not an active member of staff."""

    code = "E-3010"

    def __init__(self, staff_id: str) -> None:
        super().__init__(
            "您不在本行在岗员工名单里",
            saw=staff_id,
            where="总行运营：设置 → 员工",
            do="请管理员核对员工导入文件里的工号、企业微信账号和在岗状态",
        )


class ContactUnknown(NotFound):
    """No such contact, or none this person follows."""

    code = "E-3211"

    def __init__(self, external_userid: str) -> None:
        super().__init__(
            "找不到这个外部联系人，或您与其没有好友关系",
            saw=external_userid,
            do="刚添加的联系人请稍等几秒；仍没有时运行 gengyun sync contacts",
        )


class BindingRefused(Conflict):
    """A link between a contact and a customer cannot be made or undone as asked."""

    code = "E-3310"


class MergeRefused(Conflict):
    """Two contacts cannot be made one customer's as asked."""

    code = "E-3311"


class CustomerUnknown(NotFound):
    """No customer of that number; for operators' commands, where scope does not hide anybody."""

    code = "E-3213"

    def __init__(self, customer_no: str) -> None:
        super().__init__(
            "没有这位客户，或客户已销户",
            saw=customer_no,
            where="客户导入文件的客户号一列",
            do="核对客户号后重试",
        )


class LifeEventRefused(InputRefused):
    """A turn in a customer's life that cannot be written down or taken back like this."""

    code = "E-3214"


class PersonaUnknown(NotFound):
    """No persona of that name in the policy."""

    code = "E-3212"

    def __init__(self, persona: str, known: Sequence[str]) -> None:
        super().__init__(
            "没有这个客群",
            saw=persona,
            where="config/policies/personas.toml",
            do=f"现有客群：{'、'.join(known)}",
        )


class TagWordForbidden(InputRefused):
    """A tag that may not exist: it would say something the bank must not keep (personas.md 2)."""

    code = "E-2410"

    def __init__(self, family: str) -> None:
        super().__init__(
            "这样的标签或理由不允许登记",
            saw=family,
            where="docs/personas.md 的“禁止打标”",
            do="只写兴趣、业务往来等与服务有关的事实；健康、信仰、婚姻、收入猜测等一律不写",
        )


class ReasonMissing(InputRefused):
    """A change by hand needs its reason."""

    code = "E-2411"

    def __init__(self) -> None:
        super().__init__("请写明原因", do="例如“客户在读书会现场报名”")


class TagGroupTaken(Conflict):
    """The tag group the policy names belongs to somebody else."""

    code = "E-3320"

    def __init__(self, group: str, strangers: Sequence[str]) -> None:
        super().__init__(
            "企业微信里已有同名标签组，里面不是本系统的客群标签",
            saw=f"{group}：{'、'.join(strangers[:5])}",
            where="企业微信管理后台 → 客户与上下游 → 客户标签",
            do="在 config/policies/personas.toml 里换一个 tag_group，或在管理后台给原标签组改名",
        )


class ShownTagsTaken(Conflict):
    """The tag group for lists of customers holds tags that are somebody else's."""

    code = "E-3323"

    def __init__(self, group: str, strangers: Sequence[str]) -> None:
        super().__init__(
            "企业微信里已有同名标签组，里面不是本系统的可见名单",
            saw=f"{group}：{'、'.join(strangers[:5])}",
            where="企业微信管理后台 → 客户与上下游 → 客户标签",
            do="在策略“企业朋友圈”里换一个 tag_group，或在管理后台给原标签组改名",
        )


class TagCapReached(Conflict):
    """The corp would hold more tags than WeCom (or the setting) allows."""

    code = "E-3321"

    def __init__(self, present: int, wanted: int, cap: int) -> None:
        super().__init__(
            "企业标签数量将超过上限，客群标签没有建立",
            saw=f"现有 {present} 个，还要建 {wanted} 个，上限 {cap} 个",
            where="企业微信管理后台 → 客户标签；设置项 GENGYUN_WECOM__TAG_CAP",
            do="清理不用的标签；企业实际上限更高时调大设置项",
        )


class LeadUnknown(NotFound):
    """No finder has found this customer, or not by this finder."""

    code = "E-3227"

    def __init__(self, customer_id: int, finder: str) -> None:
        super().__init__(
            "没有这条线索", saw=f"{finder[:24]}", do="回到商机线索页，按现在的队列再找"
        )


class LeadMoved(Conflict):
    """Somebody was quicker, or the lead's facts are gone: its state no longer allows the step."""

    code = "E-3330"

    def __init__(self, state: str) -> None:
        super().__init__(
            "这条线索的状态变了，没有改动",
            saw={"open": "待跟进", "taken": "有人在跟", "done": "已办结", "gone": "已消失"}[state],
            do="刷新商机线索页再看",
        )


class GrantRefused(InputRefused):
    """A role cannot be given: the role, the person or the unit does not exist."""

    code = "E-3230"


class RuleRefused(InputRefused):
    """A condition about customers that says nothing, or something nobody knows."""

    code = "E-2420"


class RuleForbidden(InputRefused):
    """A condition that asks what the bank must not sort people by (personas.md 2 and 5)."""

    code = "E-2421"

    def __init__(self, family: str) -> None:
        super().__init__(
            "不允许按这样的内容挑选客户",
            saw=family,
            where="docs/personas.md 的“禁止打标”",
            do="健康、信仰、政治、民族、婚姻变故、收入猜测、负债窘境、未成年人信息一律不作条件；请改用业务往来、兴趣和客户自述",
        )


class SegmentUnknown(NotFound):
    """No segment of that code."""

    code = "E-3291"

    def __init__(self, segment: str) -> None:
        super().__init__(
            "没有这个客群规则",
            saw=segment[:40],
            where="/c/segments",
            do="从列表里选；命令行用 gengyun segment list 看全部编号",
        )


class SegmentRefused(Conflict):
    """A segment cannot be saved or changed as asked."""

    code = "E-3322"

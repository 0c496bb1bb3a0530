"""The ways crm_sync says no."""

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


class PersonaUnknown(NotFound):
    """No persona of that key in the policy."""

    code = "E-3212"


class TagWordForbidden(InputRefused):
    """A tag that may not exist: it would say something the bank must not keep (personas.md 2)."""

    code = "E-2410"


class TagGroupTaken(Conflict):
    """The tag group the policy names belongs to somebody else."""

    code = "E-3320"


class TagCapReached(Conflict):
    """The corp would hold more tags than WeCom (or the setting) allows."""

    code = "E-3321"

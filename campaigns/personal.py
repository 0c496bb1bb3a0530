"""Where campaigns keeps data about a person, and what an erasure does to it."""

from typing import Final

from kit.personal_data import Fate, Holds

PERSONAL: Final = (
    Holds("attendance", "活动报名与到场", Fate.ERASE),
    Holds("benefit_grant", "发放的积分与权益", Fate.ERASE),
    Holds("campaign_member", "参加的营销活动", Fate.ERASE),
    Holds("campaign_touch", "营销活动的每一波", Fate.ERASE),
    Holds("benefit_year", "全年权益合计", Fate.ERASE),
    Holds("referral", "客户推荐", Fate.ERASE),
)

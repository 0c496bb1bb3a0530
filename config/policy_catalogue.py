"""Every policy a business owner may change: its file, what it is called, how it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel

from config.activation_policy import ActivationPolicy
from config.adds_policy import AddsPolicy
from config.approval_policy import ApprovalPolicy
from config.benefit_policy import BenefitPolicy
from config.call_limit_policy import CallLimitPolicy
from config.campaign_policy import CampaignPolicy
from config.channel_choice_policy import ChannelChoicePolicy
from config.channel_policy import ChannelPolicy
from config.community_policy import CommunityPolicy
from config.complaint_policy import ComplaintPolicy
from config.contact_duty_policy import ContactDutyPolicy
from config.content_hint_policy import ContentHintPolicy
from config.coverage_policy import CoveragePolicy
from config.daily_plan_policy import DailyPlanPolicy
from config.disclosure_policy import DisclosurePolicy
from config.execution_policy import ExecutionPolicy
from config.farming_policy import FarmingPolicy
from config.follow_up_policy import FollowUpPolicy
from config.handover_policy import HandoverPolicy
from config.import_policy import ImportPolicy
from config.intercept_policy import InterceptPolicy
from config.lead_policy import LeadPolicy
from config.library_policy import LibraryPolicy
from config.linking_policy import LinkingPolicy
from config.maturity_policy import MaturityPolicy
from config.moment_policy import MomentPolicy
from config.next_step_policy import NextStepPolicy
from config.outreach_policy import OutreachPolicy
from config.ownership_policy import OwnershipPolicy
from config.persona_policy import PersonaPolicy
from config.playbook_policy import PlaybookPolicy
from config.reading_policy import ReadingPolicy
from config.reminder_policy import ReminderPolicy
from config.retention_policy import RetentionPolicy
from config.review_desk_policy import ReviewDeskPolicy
from config.segment_policy import SegmentPolicy
from config.split_talk_policy import SplitTalkPolicy
from config.staff_list_policy import StaffListPolicy
from config.standing_policy import StandingPolicy
from config.suitability_policy import SuitabilityPolicy
from config.tag_policy import TagPolicy
from config.tier_policy import TierPolicy

P = TypeVar("P", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Kind(Generic[P]):
    """A policy: ``name`` is its file without ``.toml``; ``model`` says what it may hold."""

    name: str
    title: str
    model: type[P]

    def read(self, values: Mapping[str, Any]) -> P:
        """The policy from plain values. Raises pydantic.ValidationError naming what is wrong."""
        return self.model.model_validate(dict(values))


TIERS: Final = Kind("tiers", "层级与资产段", TierPolicy)
STANDING: Final = Kind("standing", "分类、活跃与建档", StandingPolicy)
STAFF_LISTS: Final = Kind("staff_lists", "客户经理名单", StaffListPolicy)
LEADS: Final = Kind("leads", "商机发现", LeadPolicy)
PERSONAS: Final = Kind("personas", "客群规则", PersonaPolicy)
REMINDERS: Final = Kind("reminders", "提醒", ReminderPolicy)
OUTREACH: Final = Kind("outreach", "触达时间与次数", OutreachPolicy)
SUITABILITY: Final = Kind("suitability", "适当性（银行口径）", SuitabilityPolicy)
FUND_SUITABILITY: Final = Kind("suitability_funds", "适当性（基金口径）", SuitabilityPolicy)
SPLIT_TALK: Final = Kind("split_talk", "分条发送合并审查", SplitTalkPolicy)
DISCLOSURES: Final = Kind("disclosures", "必备提示", DisclosurePolicy)
COMPLAINTS: Final = Kind("complaints", "客户投诉", ComplaintPolicy)
INTERCEPT: Final = Kind("intercept", "企业微信聊天敏感词", InterceptPolicy)
CONTACT_DUTY: Final = Kind("contact_duty", "联络责任", ContactDutyPolicy)
COVERAGE: Final = Kind("coverage", "管户负荷", CoveragePolicy)
FOLLOW_UPS: Final = Kind("follow_ups", "跟进与暂停", FollowUpPolicy)
ACTIVATION: Final = Kind("activation", "盘活轮次", ActivationPolicy)
DAILY_PLAN: Final = Kind("daily_plan", "每日联络计划", DailyPlanPolicy)
PLAYBOOKS: Final = Kind("playbooks", "分层打法", PlaybookPolicy)
CONTENT_HINTS: Final = Kind("content_hints", "内容先验", ContentHintPolicy)
CHANNELS: Final = Kind("channels", "触达渠道", ChannelPolicy)
CHANNEL_CHOICE: Final = Kind("channel_choice", "渠道选择", ChannelChoicePolicy)
CALL_LIMITS: Final = Kind("call_limits", "企业微信调用频率", CallLimitPolicy)
MOMENTS: Final = Kind("moments", "企业朋友圈", MomentPolicy)
COMMUNITY: Final = Kind("community", "社群节奏", CommunityPolicy)
CAMPAIGNS: Final = Kind("campaigns", "营销活动", CampaignPolicy)
BENEFITS: Final = Kind("benefits", "权益、积分与活动", BenefitPolicy)
LIBRARY: Final = Kind("library", "内容库", LibraryPolicy)
LINKING: Final = Kind("linking", "客户实名绑定", LinkingPolicy)
ADDS: Final = Kind("adds", "有效添加与获客来源", AddsPolicy)
EXECUTION: Final = Kind("execution", "执行与回流", ExecutionPolicy)
HANDOVER: Final = Kind("handover", "客户移交", HandoverPolicy)
OWNERSHIP: Final = Kind("ownership", "管户与分配", OwnershipPolicy)
RETENTION: Final = Kind("retention", "留存期限", RetentionPolicy)
MATURITY: Final = Kind("maturity", "成熟度自评", MaturityPolicy)
IMPORTS: Final = Kind("imports", "数据导入", ImportPolicy)
FARMING: Final = Kind("farming", "种养殖资金季", FarmingPolicy)
SEGMENTS: Final = Kind("segments", "客群模板与特色客群", SegmentPolicy)
NEXT_STEP: Final = Kind("next_step", "下一步", NextStepPolicy)
READING: Final = Kind("reading", "客户雷达", ReadingPolicy)
TAGS: Final = Kind("tags", "后台标签对应", TagPolicy)
APPROVALS: Final = Kind("approvals", "内容审批级数", ApprovalPolicy)
REVIEW_DESK: Final = Kind("review_desk", "复核台与误拦", ReviewDeskPolicy)

KINDS: Final[tuple[Kind[Any], ...]] = (
    TIERS,
    STANDING,
    LEADS,
    STAFF_LISTS,
    PERSONAS,
    TAGS,
    REMINDERS,
    COMMUNITY,
    OUTREACH,
    SUITABILITY,
    FUND_SUITABILITY,
    SPLIT_TALK,
    DISCLOSURES,
    COMPLAINTS,
    INTERCEPT,
    CONTACT_DUTY,
    COVERAGE,
    FOLLOW_UPS,
    ACTIVATION,
    DAILY_PLAN,
    PLAYBOOKS,
    CONTENT_HINTS,
    CHANNELS,
    CHANNEL_CHOICE,
    CALL_LIMITS,
    LIBRARY,
    LINKING,
    ADDS,
    EXECUTION,
    HANDOVER,
    OWNERSHIP,
    RETENTION,
    MATURITY,
    IMPORTS,
    FARMING,
    SEGMENTS,
    READING,
    NEXT_STEP,
    APPROVALS,
    REVIEW_DESK,
    BENEFITS,
    MOMENTS,
    CAMPAIGNS,
)

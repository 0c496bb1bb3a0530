"""What may differ between one WeCom tenant and another: every disputed figure is a setting.

The places where WeCom's own pages disagree (callback retry, tag cap, group-send cap, ...) are
switches here, so that a test can prove the product against each reading.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

BroadcastCap = Literal["month_days", "week7", "day1", "legacy_month4"]


class Modes(BaseModel):
    """Switches and figures of the tenant; seconds where a name ends in ``_s``."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    strict: bool = False
    refuse_unicode_escapes: bool = False
    require_trusted_ip: bool = False
    trusted_ips: list[str] = []

    tag_cap: int = 10_000
    customer_tag_cap: int = 3_000
    contact_way_cap: int = 500_000
    welcome_template_cap: int = 100
    intercept_rule_cap: int = 100

    welcome_life_s: float = 20.0
    welcome_needs_archive_consent: bool = False

    broadcast_cap: BroadcastCap = "month_days"
    broadcast_dispatch_s: float = 2.0
    broadcast_approval: bool = False
    broadcast_reminders_per_day: int = 3

    group_lag_s: float = 2.0
    transfer_wait_s: float = 86_400.0
    transfer_per_90_days: int = 2
    group_transfers_per_day: int = 300

    media_life_s: float = 3 * 86_400.0
    image_cap_bytes: int = 10 * 1024 * 1024
    oauth_code_life_s: float = 300.0
    user_ticket_life_s: float = 1_800.0

    callback_tries: int = 3
    callback_timeout_s: float = 5.0
    callback_retry_non_200: bool = True
    callback_retry_spacing_s: float = 0.2
    callback_parallel: int = 1

    archive_enabled: bool = True
    archive_window_days: float = 5.0
    archive_notify_gap_s: float = 15.0
    archive_trusted_ips: list[str] = []

    token_life_s: int = 7_200
    token_renew_before_s: int = 300
    api_per_minute: int = 10_000
    api_per_hour: int = 150_000
    ip_per_minute: int = 20_000
    ip_per_hour: int = 600_000
    api_concurrency: int = 100
    bad_secrets_per_hour: int = 2_000
    write_s: float = 0.0
    jsapi_ticket_per_hour: int = 400
    agent_ticket_per_hour: int = 100
    uploadimg_per_day: int = 1_000
    uploadimg_per_month: int = 3_000
    moments_per_minute: int = 10
    moments_per_month: int = 100_000
    archive_per_minute: int = 4_000
    archive_media_per_minute: int = 25_000
    robot_info_per_minute: int = 600
    note_account_cap: int = 1_000
    notes_per_member_minute: int = 30
    notes_per_member_hour: int = 1_000

    user_profile_closed: bool = True

"""Which roles each page of the desk is for; the navigation and the guards read the same table."""

from typing import Final

ROLE_NAMES: Final = {
    "rm": "客户经理",
    "branch": "网点负责人",
    "ops": "总行运营",
    "compliance": "合规审计",
    "it": "科技部",
}
DESK: Final = ("branch", "ops", "compliance", "it")
BUSINESS: Final = ("branch", "ops", "compliance")
CENTRE: Final = ("ops", "compliance")
AUDIT: Final = ("compliance",)
WATCH: Final = ("compliance", "branch")
EXECUTION: Final = ("ops", "branch")
KEEPERS: Final = ("ops", "it")
IT: Final = ("it",)

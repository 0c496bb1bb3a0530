"""What libraries, channels and forms of passing on are called."""

from typing import Final

LIBRARIES: Final = {
    "script": "话术",
    "article": "资讯",
    "product": "产品",
    "media": "素材",
}
SPREAD: Final = {"single": "单聊", "group": "客户群", "moment": "朋友圈"}
CHANNELS: Final = {
    "phone": "电话",
    "sidebar": "侧边栏",
    "broadcast": "群发",
    "group": "客户群",
    "moment": "朋友圈",
    "welcome": "欢迎语",
    "todo": "待办",
}

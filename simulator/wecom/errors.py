"""How the simulated WeCom says no: an errcode in a body with HTTP status 200."""

import hashlib
from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """WeCom answers ``code``; ``text`` is for people and promises nothing."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text


def refusal(refused: Refused, *, at: float, number: int, ip: str, bad_json: bool = False) -> Json:
    """The body of an answer that refuses, with the hint text that the live API adds (2.1)."""
    stamp = hashlib.md5(f"{at}/{number}".encode(), usedforsecurity=False).hexdigest()[:16]
    warning = "Warning: wrong json format. " if bad_json else ""
    return {
        "errcode": refused.code,
        "errmsg": (
            f"{warning}{refused.text}, hint: [{int(at)}_{number}_{stamp}], from ip: {ip}, "
            f"more info at https://open.work.weixin.qq.com/devtool/query?e={refused.code}"
        ),
    }

"""A simulated WeCom in a process of its own: ``python -m tests.proofs.simulated PORT PRODUCT_PORT``.

A postman per eight events, and a second try after two seconds, so that events that meet a dead
server come again while it is coming back, as WeCom's do.
"""

import sys

from simulator.wecom.serving import serve
from tests.flows.wecom_world import AES_KEY, AGENT, CORP, SECRET, TOKEN

MEMBER = "limin"


def main(port: int, product_port: int) -> None:
    """Serve one corp with one app and one member until killed."""
    serve(
        port,
        strict=True,
        state={
            "corp": {
                "corp_id": CORP,
                "name": "青禾银行",
                "callback": {
                    "url": f"http://127.0.0.1:{product_port}/wecom/callback",
                    "token": TOKEN,
                    "aes_key": AES_KEY,
                },
                "apps": [
                    {"agent_id": AGENT, "secret": SECRET, "kind": "app", "customer_api": True}
                ],
                "modes": {
                    "callback_parallel": 8,
                    "callback_retry_spacing_s": 2.0,
                    "api_per_minute": 1_000_000,
                    "api_per_hour": 10_000_000,
                    "ip_per_minute": 1_000_000,
                    "ip_per_hour": 10_000_000,
                },
            },
            "departments": [{"id": 1, "name": "青禾银行", "parentid": 0}],
            "members": [
                {"userid": MEMBER, "name": "李敏", "departments": [1], "contact_cap": 100_000}
            ],
        },
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

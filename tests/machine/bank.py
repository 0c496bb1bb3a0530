"""The bank and its WeCom as they are before the first step."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from simulator.wecom.app import WeComSimulator
from simulator.wecom.catalogue import ACTS
from simulator.wecom.control.kit import read_order
from simulator.wecom.modes import Modes
from simulator.wecom.state.broadcasts import SENT
from simulator.wecom.world import World
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import T7, approved_script
from tests.flows.wecom_world import AES_KEY, AGENT, CORP, SECRET, TOKEN

FIRST_DAY: Final = date(2026, 11, 25)  # a Wednesday
MANAGERS: Final = {"limin": "0101", "wangfang": "0101", "zhaolei": "0102"}
EACH: Final = 4
CUSTOMERS: Final = {
    f"C{number}": manager
    for number, manager in enumerate([one for one in MANAGERS for _ in range(EACH)], 1)
}
CONSENTING: Final = frozenset({"C1", "C2", "C4", "C7"})
"""Who has agreed to marketing before anything else happens."""
WELCOME: Final = "您好，我是{{bank_name}}的客户经理{{staff_name}}，很高兴认识您。"
LATE_ACCEPTED: Final = 10.0**9
"""This WeCom takes a welcome however late it is, so that a late one shows."""


def contact_of(customer: str) -> str:
    """A customer's contact id."""
    return f"wm-{customer}"


@dataclass
class Wall:
    """Two clocks: WeCom's, which is right, and ours, which may be ``off``."""

    true: datetime = datetime(2026, 11, 25, 1, 40, tzinfo=UTC)  # 09:40 at the bank
    off: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return self.true + self.off


class Tencent:
    """The simulated WeCom of one run."""

    def __init__(self, wall: Wall, callbacks: httpx.AsyncBaseTransport, *, seed: int) -> None:
        self._wall = wall
        modes = Modes(
            strict=True,
            welcome_life_s=LATE_ACCEPTED,
            callback_retry_spacing_s=0.0,
            callback_timeout_s=60.0,
            callback_tries=3,
            token_life_s=500_000_000,
            api_per_minute=1_000_000,
            api_per_hour=1_000_000,
            ip_per_minute=1_000_000,
            ip_per_hour=1_000_000,
        )
        self.world = World(modes, seed=seed, callback_transport=callbacks)
        self.app = WeComSimulator(self.world)
        self.keep_time()
        self.app.load(
            {
                "corp": {
                    "corp_id": CORP,
                    "name": "青禾银行",
                    "callback": {
                        "url": "http://bank/wecom/callback",
                        "token": TOKEN,
                        "aes_key": AES_KEY,
                    },
                    "apps": [
                        {"agent_id": AGENT, "secret": SECRET, "kind": "app", "customer_api": True}
                    ],
                },
                "departments": [{"id": 1, "name": "青禾银行", "parentid": 0}],
                "members": [{"userid": one, "departments": [1]} for one in MANAGERS],
                "customers": [
                    {
                        "external_userid": contact_of(customer),
                        "name": customer,
                        "followers": [{"userid": manager}],
                    }
                    for customer, manager in CUSTOMERS.items()
                ],
            }
        )

    def keep_time(self) -> None:
        """Its clock shows the true time, and stands still within a step."""
        self.world.clock.freeze(self._wall.true.timestamp())

    def unreached(self, msgid: str, userid: str) -> list[str]:
        """Whom a task that its member has confirmed did not come to: no friend, or a full day."""
        rows = self.world.broadcasts.broadcasts[msgid].tasks[userid].rows
        return [row.target for row in rows if row.status != SENT]

    def act(self, act: str, **fields: Any) -> dict[str, Any]:
        """One person does one thing. Raises ActError where it cannot be done."""
        entry = ACTS[act]
        self.world.tick()
        done: dict[str, Any] = entry.do(self.world, read_order(entry.model, {"act": act, **fields}))
        self.world.tick()
        return done


async def found(session: AsyncSession) -> dict[str, int]:
    """The bank's own side: people, holdings, the scripts its reminders need; ids by name."""
    await bank.units(session)
    for manager, unit in MANAGERS.items():
        await bank.staff(session, manager, unit_id=unit)
    ids: dict[str, int] = {}
    for number, (customer, manager) in enumerate(CUSTOMERS.items()):
        near = FIRST_DAY + timedelta(days=2 * number + 1)
        ids[customer] = await bank.reached_customer(
            session,
            customer,
            owner=manager,
            unit_id=MANAGERS[manager],
            born_on=date(1980, near.month, near.day),
        )
        for place in range(2):
            await bank.holding(
                session,
                ids[customer],
                f"D{customer}{place}",
                "deposit",
                product_name=f"三年期整存整取{customer}{place}",
                amount_fen=20_000_000,
                matures_on=FIRST_DAY + timedelta(days=number + 5 + 11 * place),
            )
    for days in (7, 1, 0):
        await approved_script(session, f"maturity.deposit.t{days}", T7)
    await approved_script(
        session,
        "birthday",
        "{{customer_title}}，生日快乐，祝您身体健康、事事顺心。",
        purpose="care",
    )
    await approved_script(
        session, "welcome.first", WELCOME, scene="welcome", purpose="care", form="welcome"
    )
    return ids

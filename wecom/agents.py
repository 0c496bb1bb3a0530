"""Our app as WeCom has it, and WeCom's own addresses: what a self-check asks (90227, 90238)."""

from dataclasses import dataclass

from wecom.answers import Answer
from wecom.client import Caller


@dataclass(frozen=True, slots=True)
class Agent:
    """An app and its visible range."""

    agent_id: int | None
    name: str
    visible_staff: tuple[str, ...]
    visible_departments: tuple[int, ...]
    visible_tags: tuple[int, ...]
    closed: bool
    redirect_domain: str
    home_url: str


async def get(client: Caller, agent_id: int) -> Agent:
    path = "agent/get"
    answer = Answer(
        path, await client.call(path, params={"agentid": str(agent_id)}, idempotent=True)
    )
    staff = answer.child("allow_userinfos").objects("user")
    return Agent(
        agent_id=answer.integer("agentid"),
        name=answer.text("name"),
        visible_staff=tuple(one.need("userid") for one in staff),
        visible_departments=answer.child("allow_partys").integers("partyid"),
        visible_tags=answer.child("allow_tags").integers("tagid"),
        closed=answer.flag("close"),
        redirect_domain=answer.text("redirect_domain"),
        home_url=answer.text("home_url"),
    )


async def callback_addresses(client: Caller) -> tuple[str, ...]:
    """Return the addresses that callbacks come from, such as ``101.226.103.*``."""
    path = "getcallbackip"
    return Answer(path, await client.call(path, idempotent=True)).strings("ip_list")

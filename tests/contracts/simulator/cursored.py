"""Requests that are right but for their cursor."""

from tests.contracts.simulator.bench import LI, WANG, ZHANG
from tests.contracts.simulator.refusals import HAND, Ask, with_id
from tests.contracts.simulator.things import SPAN, E, broadcast, moment, published

CURSORED: dict[str, Ask] = {
    "user/list_id": {},
    f"{E}/get": {"external_userid": ZHANG},
    f"{E}/batch/get_by_user": {"userid_list": [LI]},
    f"{E}/list_contact_way": {},
    f"{E}/groupchat/list": {"limit": 10, "owner_filter": {"userid_list": [WANG]}},
    f"{E}/get_groupmsg_list_v2": {"chat_type": "single", **SPAN},
    f"{E}/get_groupmsg_task": with_id("msgid", broadcast),
    f"{E}/get_groupmsg_send_result": with_id("msgid", broadcast, userid=LI),
    f"{E}/get_moment_list": {**SPAN},
    f"{E}/get_moment_task": with_id("moment_id", moment),
    f"{E}/get_moment_customer_list": with_id("moment_id", published, userid=LI),
    f"{E}/get_moment_send_result": with_id("moment_id", published, userid=LI),
    f"{E}/transfer_result": dict(HAND),
    f"{E}/get_unassigned_list": {},
    f"{E}/resigned/transfer_result": dict(HAND),
}

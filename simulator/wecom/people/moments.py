"""Members publish moments; customers like and comment."""

from simulator.wecom.errors import Json
from simulator.wecom.people.kit import Act, ActError, act, the_member
from simulator.wecom.state.moments import Moment
from simulator.wecom.world import World


class Publish(Act):
    """A member publishes a moment of the corp."""

    userid: str
    moment_id: str


class PostMoment(Act):
    """A member writes a moment of his own."""

    userid: str
    text: str


class React(Act):
    """A customer (or a colleague, ``by``) likes or comments a published moment."""

    userid: str
    moment_id: str
    external_userid: str = ""
    by: str = ""


def publish_moment(world: World, ask: Publish) -> Json:
    """The member's tap; every customer it is meant for has it from now on."""
    moment = world.moments.moments.get(ask.moment_id)
    if moment is None:
        raise ActError(f"no moment {ask.moment_id!r}")
    member = the_member(world, ask.userid)
    if member.userid not in moment.senders or moment.cancelled:
        raise ActError(f"{ask.userid!r} has no task for moment {ask.moment_id!r}")
    if member.userid in moment.published:
        raise ActError(f"{ask.userid!r} has published {ask.moment_id!r} already")
    return {"customers": _show(world, moment, member.userid)}


def post_moment(world: World, ask: PostMoment) -> Json:
    """A personal moment (create_type 1)."""
    member = the_member(world, ask.userid)
    moment = Moment(
        world.ids.text("mom"),
        1,
        world.now(),
        ask.text,
        [],
        [member.userid],
        [],
        creator=member.userid,
    )
    world.moments.moments[moment.moment_id] = moment
    customers = _show(world, moment, member.userid)
    return {"moment_id": moment.moment_id, "customers": customers}


def like_moment(world: World, ask: React) -> Json:
    """A like."""
    moment, userid = _seen_by(world, ask)
    entry = _entry(world, ask)
    moment.likes.setdefault(userid, []).append(entry)
    return {}


def comment_moment(world: World, ask: React) -> Json:
    """A comment; the API never shows its text."""
    moment, userid = _seen_by(world, ask)
    entry = _entry(world, ask)
    moment.comments.setdefault(userid, []).append(entry)
    return {}


def _entry(world: World, ask: React) -> Json:
    at = int(world.now())
    if ask.by:
        return {"userid": the_member(world, ask.by).userid, "create_time": at}
    return {"external_userid": ask.external_userid, "create_time": at}


def _seen_by(world: World, ask: React) -> tuple[Moment, str]:
    moment = world.moments.moments.get(ask.moment_id)
    member = the_member(world, ask.userid)
    if moment is not None and ask.by and member.userid in moment.published:
        return moment, member.userid
    if moment is None or ask.external_userid not in moment.audience.get(member.userid, []):
        raise ActError(f"{ask.external_userid!r} does not see {ask.moment_id!r}")
    return moment, member.userid


def _show(world: World, moment: Moment, userid: str) -> int:
    at = world.now()
    wanted = set(moment.tags)
    audience = [
        relation.external_userid
        for relation in world.contacts.of_member(userid)
        if not relation.contact_left and (not wanted or wanted.intersection(relation.tags))
    ]
    moment.published[userid] = int(at)
    moment.audience[userid] = audience
    for external_userid in audience:
        world.seen.append(
            "moment",
            at,
            external_userid=external_userid,
            text=moment.text,
            attachments=moment.attachments,
            **{"from": userid},
            msgid=moment.moment_id,
        )
    return len(audience)


ACTS = (
    act("publish_moment", Publish, publish_moment),
    act("post_moment", PostMoment, post_moment),
    act("like_moment", React, like_moment),
    act("comment_moment", React, comment_moment),
)

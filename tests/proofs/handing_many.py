"""Ten thousand contacts change hands, and what WeCom says became of each: counted by both sides."""

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from config import policy_catalogue
from portfolio.handover import jobs
from portfolio.handover.facts import GONE, LIMIT, REFUSED, TAKEN
from tests.flows.crm_sync import bank
from tests.flows.delivery.broadcasting import Answer, Between
from tests.flows.portfolio.handing import DAY, GIVER, TAKERS, Scene, scene
from tests.proofs.populating import friends, populate
from wecom.errors import OutcomeUnknown

CONTACTS: Final = [f"wm-T{number:05}" for number in range(10_000)]
SMALL: Final = "sunqi"
ROOM: Final = 2_000
"""So many contacts the third taker may have; the others of hers stay where they are."""
OFTEN: Final = {contact: [1_790_000_000, 1_792_000_000] for contact in CONTACTS[5::250]}
"""Contacts who were handed on twice in the last 90 days."""
LEFT: Final = tuple(CONTACTS[9::400])
"""Contacts whom the giver has deleted, which we have not heard of yet."""
REFUSING: Final = tuple(CONTACTS[17::50])
STATUS: Final = {1: TAKEN, 3: REFUSED, 4: LIMIT}
PAGES: Final = 4
RESULTS: Final = "transfer_result"
ASK: Final = "transfer_customer"


@dataclass
class Told:
    """What this side wrote down, and what WeCom knows."""

    ours: dict[str, str] = field(default_factory=dict)
    truth: dict[str, str] = field(default_factory=dict)
    begun: int = 0
    state: str = ""
    relations: int = 0
    not_one_owner: int = 0
    wrong_owner: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    broken_off: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    seconds: float = 0.0
    after_the_end: int = 0


async def hand_over(url: str, directory: Path) -> Told:
    """From the approval to the end of the handover; calls and readings break off often."""
    async with scene(url, directory) as made:
        books = {GIVER: CONTACTS}
        members = [{"userid": SMALL, "name": SMALL, "departments": [1], "contact_cap": ROOM}]
        customers = friends(books, handed_over=OFTEN)
        await made.world.post("load", {"members": members, "customers": customers})
        for contact in LEFT:
            await made.world.act("delete_by_member", userid=GIVER, external_userid=contact)
        ids = await populate(made.database, books, staffed=False)
        async with made.database.transaction() as session:
            await bank.staff(session, SMALL)
        run = await made.start(*TAKERS, SMALL)
        await made.approve(run.run_id)
        told = Told()
        began = time.perf_counter()
        await _rounds(made, run.run_id, told)
        told.seconds = time.perf_counter() - began
        await _compare(made, run.run_id, ids, told)
    return told


async def _rounds(made: Scene, run_id: int, told: Told) -> None:
    """Four pages of results a round; every third is not answered, nor is every ninth request."""

    async def before(path: str, body: Answer) -> None:
        name = path.rpartition("/")[2]
        told.asked[name] += 1
        if (name == RESULTS and told.asked[name] % 3 == 0) or (
            name == ASK and told.asked[name] % 18 == 9
        ):
            told.broken_off[name] += 1
            raise OutcomeUnknown(path, "never arrived")

    async def after(path: str, body: Answer, answer: Answer) -> Answer:
        name = path.rpartition("/")[2]
        if name == ASK and told.asked[name] % 18 == 0:
            told.broken_off[name] += 1
            raise OutcomeUnknown(path, "its answer was lost")
        return answer

    shaky = Between(made.world.client, before=before, after=after)
    policy = made.parts.shelf.of(policy_catalogue.HANDOVER)
    refused = False
    while (run := await made.run(run_id)).state == "running":
        told.rounds += 1
        assert told.rounds < 300, "the handover has no end"
        await jobs.round_of(made.database, shaky, made.time, policy, pages=PAGES)
        if not refused and not run.in_state("contact", "planned", "asked", "unknown"):
            under_way = {one["external_userid"] for one in await made.begun()}
            for contact in REFUSING:
                if contact in under_way:
                    await made.world.act(
                        "refuse_transfer", external_userid=contact, handover_userid=GIVER
                    )
            refused = True
            await made.later(DAY)
        await made.later(400)
    before_end = told.asked[RESULTS]
    await made.later(3 * DAY)
    await jobs.round_of(made.database, shaky, made.time, policy, everything=True)
    told.after_the_end = told.asked[RESULTS] - before_end


async def _compare(made: Scene, run_id: int, ids: dict[str, int], told: Told) -> None:
    begun = await made.begun()
    told.begun = len(begun)
    told.truth = dict.fromkeys(OFTEN, LIMIT) | dict.fromkeys(LEFT, GONE)
    told.truth |= {
        one["external_userid"]: STATUS.get(one["status"], str(one["status"])) for one in begun
    }
    lines = await made.lines(run_id)
    told.ours = {item: line.state for item, line in lines.items()}
    told.state = (await made.run(run_id)).state
    gone = {(GIVER, contact) for contact in LEFT}
    told.relations = len((await made.related() ^ await made.truly_related()) - gone)
    owners = await made.owners()
    for contact, known in ids.items():
        line, found = lines[contact], owners.get(known, [])
        told.not_one_owner += len(found) != 1
        stays = line.state in (REFUSED, LIMIT)
        told.wrong_owner += found != [GIVER if stays else line.to_staff_id]


def lines(told: Told, what: str, day: object) -> list[str]:
    """What ``docs/proofs.md`` says of it."""
    became = Counter(told.ours.values())
    return [
        f"{day}, {what}. {len(CONTACTS)} contacts of one member go to three, one of whom has room for"
        f" {ROOM}; {len(REFUSING)} refuse, {len(OFTEN)} were handed on twice before, {len(LEFT)} are"
        f" gone. {PAGES} pages of results a round: {told.asked[RESULTS]} pages in {told.rounds} rounds,"
        f" {told.broken_off[RESULTS]} of them and {told.broken_off[ASK]} of {told.asked[ASK]} requests"
        f" unanswered; {told.seconds:.1f} s.",
        "",
        "| counted by | what | figure |",
        "|---|---|---|",
        f"| rows | taken / refused / over a limit / gone | {became[TAKEN]} / {became[REFUSED]} /"
        f" {became[LIMIT]} / {became[GONE]} |",
        f"| both | **contacts of whom both sides say different things** | **{len(differing(told))}** |",
        f"| both | relations that one side alone has | {told.relations} |",
        f"| simulated WeCom | contacts it was asked to hand on twice | "
        f"{told.begun - len(set(told.truth) - set(OFTEN) - set(LEFT))} |",
        f"| rows | customers without exactly one owner / with a wrong one | {told.not_one_owner} /"
        f" {told.wrong_owner} |",
        f"| simulated WeCom | pages asked for after the end | {told.after_the_end} |",
    ]


def differing(told: Told) -> set[str]:
    """Contacts of whom both sides say different things."""
    return {
        contact
        for contact in told.truth.keys() | told.ours.keys()
        if told.truth.get(contact) != told.ours.get(contact)
    }

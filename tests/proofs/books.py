"""What the books must say after the kills, and how the page tells it."""

from datetime import date

from tests.proofs.killing import Figures

STOPPED_WITHIN = 20.0


def must_agree(figures: Figures) -> None:
    """0 lost, 0 doubled, 0 phantom; every welcome once and none forgotten; the ledger proves itself."""
    assert figures.answered > 0
    assert figures.delivered > 0
    assert figures.lost == []
    assert figures.doubled == []
    assert figures.phantom == []
    assert figures.unhandled == []
    assert figures.greeted_twice == []
    assert figures.greeted_unasked == []
    assert figures.forgotten == []
    assert figures.related_twice == []
    assert figures.ledger_sound
    assert figures.stop_seconds < STOPPED_WITHIN


def told(figures: Figures, processes: str, today: date) -> list[str]:
    """The section of the page."""
    kills = "; ".join(f"{number} × {what}" for what, number in sorted(figures.kills.items()))
    ends = ", ".join(f"{number} {end}" for end, number in sorted(figures.welcome_ends.items()))
    return [
        f"{today.isoformat()}, {processes}. {figures.kills.total()} kills in"
        f" {figures.seconds:.0f} s, each by `kill -9` of the pid: {kills}.",
        "",
        "| counted by | what | figure |",
        "|---|---|---|",
        f"| sender | events sent / answered 200 / never answered 200 | {figures.events} /"
        f" {figures.answered} / {figures.unanswered} |",
        f"| sender | envelopes answered 200 (repeats come in a fresh envelope, shuffled) |"
        f" {figures.envelopes} |",
        f"| simulated WeCom | contacts added whose event was delivered | {figures.delivered} |",
        f"| `gengyun inbox list` | events kept | {figures.kept} |",
        f"| both | **answered 200 and not kept (lost)** | **{len(figures.lost)}** |",
        f"| both | **kept twice (doubled)** | **{len(figures.doubled)}** |",
        f"| both | **kept and never sent (phantom)** | **{len(figures.phantom)}** |",
        f"| `gengyun inbox list` | kept and not handled in the end | {len(figures.unhandled)} |",
        f"| simulated WeCom | welcomes that arrived | {figures.welcomes} |",
        f"| simulated WeCom | **contacts greeted twice / greeted unasked** |"
        f" **{len(figures.greeted_twice)} / {len(figures.greeted_unasked)}** |",
        f"| outbox and simulated WeCom | what became of each delivered contact's welcome | {ends} |",
        f"| ledger | relations that began twice | {len(figures.related_twice)} |",
        f"| `gengyun verify` | entries / sound | {figures.ledger_entries} /"
        f" {'yes' if figures.ledger_sound else 'NO'} |",
        f"| clock | kill to ready, median / longest (two shared cores, load"
        f" {figures.load:.0f}) | {figures.ready_median:.1f} s / {max(figures.ready):.1f} s |",
        f"| processor | time of the restarted processes until ready, median |"
        f" {figures.ready_cpu_median:.1f} s |",
        f"| clock | `kill -TERM` to gone | {figures.stop_seconds:.1f} s |",
        "",
        "Kills come at random, while a request is in flight, and just after an answer was read."
        " A welcome lives 20 seconds: what the outage made late is `expired` in the outbox, what a"
        " kill left without an answer is `failed` with a work item for a person, and neither is"
        " sent again.",
    ]

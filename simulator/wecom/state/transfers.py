"""Handing customers on: 24 hours, unless the customer refuses or the taker is full (api.md 3.7)."""

from dataclasses import dataclass, field

DONE, WAITING, REFUSED, FULL = 1, 2, 3, 4
RECENT_S = 90 * 86_400


@dataclass(slots=True)
class Transfer:
    """One customer on the way from one member to another."""

    handover: str
    takeover: str
    external_userid: str
    begun_at: float
    due_at: float
    resigned: bool
    message: str = ""
    status: int = WAITING
    ended_at: int = 0


@dataclass(slots=True)
class TransferDesk:
    """All transfers in the order they began, and which of them still wait."""

    transfers: list[Transfer] = field(default_factory=list)
    open: list[Transfer] = field(default_factory=list)
    groups: list[tuple[str, float]] = field(default_factory=list)

    def begin(self, transfer: Transfer) -> None:
        """Keep a new transfer."""
        self.transfers.append(transfer)
        self.open.append(transfer)

    def waiting(self, external_userid: str, handover: str) -> Transfer | None:
        """The open transfer of a pair."""
        return next(
            (
                transfer
                for transfer in self.open
                if transfer.external_userid == external_userid and transfer.handover == handover
            ),
            None,
        )

    def end(self, transfer: Transfer, status: int, at: float) -> None:
        """Close a transfer."""
        transfer.status = status
        transfer.ended_at = int(at)
        self.open.remove(transfer)

    def between(self, handover: str, takeover: str, *, resigned: bool) -> list[Transfer]:
        """Transfers of one pair of members; of each customer only the newest."""
        newest: dict[str, Transfer] = {}
        for transfer in self.transfers:
            same = (transfer.handover, transfer.takeover) == (handover, takeover)
            if same and transfer.resigned == resigned:
                newest[transfer.external_userid] = transfer
        return list(newest.values())

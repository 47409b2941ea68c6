"""Decides which runs are lost: those whose server has not been heard of, by our own clock, for the lease."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rung.runtime.store import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A run under way. beat: how often its server was heard of."""

    job: str
    epoch: int
    server: str
    beat: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What a server learns when it says that it lives.

    cancelled: those of its jobs for which a cancel was asked. fenced: those that are not its own any more.
    """

    cancelled: frozenset[str]
    fenced: frozenset[str]


class LeaseWatch:
    """Sees leases again and again. No clock but the watcher's own counts, and only while it looked:
    a jump of the time of day does nothing, and a server that starts gives every lease one fresh grace.
    """

    def __init__(self, lease_s: float) -> None:
        self._lease_s = lease_s
        self._seen: dict[tuple[str, int], tuple[int, float]] = {}

    def observe(self, leases: Sequence[Lease], now_monotonic: float) -> tuple[Lease, ...]:
        """Those whose beat has stood still for lease_s seconds. now_monotonic: when the leases were read."""
        before, self._seen = self._seen, {}
        lost = []
        for lease in leases:
            beat, since = before.get((lease.job, lease.epoch), (lease.beat, now_monotonic))
            if beat != lease.beat:
                since = now_monotonic
            self._seen[lease.job, lease.epoch] = (lease.beat, since)
            if now_monotonic - since >= self._lease_s:
                lost.append(lease)
        return tuple(lost)


def beat(tx: Transaction, epochs: Mapping[str, int]) -> Beat:
    """Say for all those runs that their server lives. In the order of ids, so that no two servers wait in a ring."""
    cancelled, fenced = set(), set()
    for job_id, epoch in sorted(epochs.items()):
        sql = "UPDATE jobs SET beat = beat + 1 WHERE id = ? AND epoch = ? AND status = 'running' RETURNING cancel"
        found = tx.rows(sql, (job_id, epoch))
        if not found:
            fenced.add(job_id)
        elif found[0]["cancel"]:
            cancelled.add(job_id)
    return Beat(cancelled=frozenset(cancelled), fenced=frozenset(fenced))


def leases(tx: Transaction) -> tuple[Lease, ...]:
    """All runs under way, of every server."""
    found = tx.rows("SELECT id, epoch, server, beat FROM jobs WHERE status = 'running' ORDER BY id")
    return tuple(Lease(job=r["id"], epoch=r["epoch"], server=r["server"], beat=r["beat"]) for r in found)

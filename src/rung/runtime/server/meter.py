"""Owns what each key has under way: let in by the gate, given back and charged when its job has ended."""

from __future__ import annotations

from dataclasses import dataclass, field

from rung.runtime.jobs import JobRecord
from rung.runtime.keys import Caller, Gate, Ticket
from rung.runtime.spec import Answer


@dataclass(slots=True)
class Meter:
    """One for a server. tickets: by job, of those that have not ended here."""

    gate: Gate
    _tickets: dict[str, Ticket] = field(default_factory=dict)

    async def admit(self, caller: Caller) -> Ticket:
        """Count one operation in. Raises RateLimited, BudgetExceeded."""
        return await self.gate.admit(caller)

    def hold(self, record: JobRecord, ticket: Ticket, *, open: bool) -> None:
        """The job that came of it. open: it runs or waits on this server; a repeated request's job has its own."""
        if open and record.id not in self._tickets:
            self._tickets[record.id] = ticket
        else:
            ticket.release()

    def ended(self, record: JobRecord) -> None:
        """A job has ended here: its place is free, and its key pays for the models' time."""
        ticket = self._tickets.pop(record.id, None)
        if ticket is not None:
            ticket.release()
        seconds = sum(one.run_s for one in record.provenance)
        cost = sum(one.cost.amount for one in record.provenance)
        self.gate.spent(record.scope, seconds, cost)

    def spent(self, key: str, answer: Answer) -> None:
        """A call without a job was answered: its key pays for it."""
        self.gate.spent(key, answer.provenance.run_s, answer.provenance.cost.amount)

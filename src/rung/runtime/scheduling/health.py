"""Decides when a variant that keeps failing is left alone, and for how long.

A variant is *well*; after a failed load it *backs off* (0.5 s, doubling) before the next try; after three failures
that follow each other within a minute each it is *quarantined*: nothing is loaded, and its calls fail at once. A
quarantine lasts a minute and doubles up to a quarter of an hour; the first call after it is the probe that decides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from rung.runtime.errors import Quarantined
from rung.runtime.scheduling.words import seconds

BACK_OFF_S = 0.5
"""Before the second load; doubles with each one that fails."""
INTENSITY = 3
"""Failures in a row that quarantine a variant."""
WINDOW_S = 60.0
"""Failures further apart than this do not follow each other. As long after an answer crashes are blamed on inputs."""
COOL_DOWN_S = 60.0
"""Of the first quarantine; doubles with each one that follows."""
LONGEST_S = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is wrong with a variant. until_s: seconds from now to the next try; 0: the next call tries."""

    variant: str
    state: Literal["backing-off", "quarantined"]
    reason: str
    until_s: float


@dataclass(slots=True)
class Health:
    """The failures of one variant. `until`: nothing is loaded before. `changes` counts what `trouble` would show."""

    variant: str
    state: Literal["well", "backing-off", "quarantined"] = "well"
    reason: str = ""
    until: float = -math.inf
    changes: int = 0
    _strikes: int = 0
    _last: float = -math.inf
    _answered: float = -math.inf
    _culprit: str = ""
    _at_load: bool = False
    _quarantines: int = 0

    def rests(self, now: float) -> bool:
        """Whether nothing may be loaded yet."""
        return now < self.until

    def bars(self, deadline: float, now: float) -> bool:
        """Whether a call that arrives now fails at once: it could not begin before its deadline, or nobody knows."""
        return self.rests(now) and (self.state == "quarantined" or deadline <= self.until)

    def load_failed(self, reason: str, now: float, *, grave: bool) -> None:
        """Back off; the third time, or when it is grave (trying again cannot help), quarantine."""
        self._strike(reason, now)
        self._at_load = True
        if grave or self._strikes >= INTENSITY or self.state == "quarantined":
            self._quarantine(now)
        else:
            self.state, self.until = "backing-off", now + BACK_OFF_S * 2 ** (self._strikes - 1)
        self.changes += 1

    def crashed(self, culprit: str, reason: str, now: float) -> None:
        """A ready worker died under calls. culprit: the call, where it ran alone.

        One input that kills its worker again and again is one strike, and none at all while other inputs are answered.
        """
        if now - self._answered < WINDOW_S or (culprit and culprit == self._culprit):
            return
        self._culprit, self._at_load = culprit, False
        self._strike(reason, now)
        if self._strikes >= INTENSITY or self.state == "quarantined":
            self._quarantine(now)
            self.changes += 1

    def loaded(self) -> None:
        """The load that was in doubt went well."""
        if self._at_load:
            self.forget()

    def answered(self, now: float) -> None:
        """A call was answered: the variant works."""
        self._answered = now
        if self._strikes:
            self.forget()

    def forget(self) -> None:
        """Nothing is held against it any more."""
        self.changes += self.state != "well"
        self.state, self.reason, self.until = "well", "", -math.inf
        self._strikes, self._quarantines, self._culprit = 0, 0, ""

    def trouble(self, now: float) -> Trouble | None:
        """What to tell people, None when it is well."""
        if self.state == "well":
            return None
        return Trouble(
            variant=self.variant, state=self.state, reason=self.reason, until_s=round(max(self.until - now, 0.0), 3)
        )

    def error(self, now: float) -> Quarantined:
        """What a call is told that cannot be kept until the next try."""
        left = max(self.until - now, 0.0)
        again = f"it is tried again in {seconds(left)}"
        if self.state == "quarantined":
            again = f"it is left alone for {seconds(left)}; once the cause is mended, load it by hand to try at once"
        return Quarantined(
            f"{self.variant} failed {self._strikes} times ({self.reason.rstrip('.')}), and {again}",
            variant=self.variant,
            until_s=round(left, 3),
            reason=self.reason,
        )

    def _strike(self, reason: str, now: float) -> None:
        follows = now - self._last <= WINDOW_S or self.state == "quarantined"
        self._strikes = self._strikes + 1 if follows else 1
        self._last, self.reason = now, reason

    def _quarantine(self, now: float) -> None:
        self.state, self.until = "quarantined", now + min(COOL_DOWN_S * 2**self._quarantines, LONGEST_S)
        self._quarantines += 1

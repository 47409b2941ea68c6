"""What detectors of the user's own for drawings share: the sheet in windows, geometry beside what a net sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rung.models.pictures import decode
from rung.models.sheet.seen import Seen, joined, kinds_of, merged, windows
from rung.models.sheet_layout import find
from rung.runtime.model import Call, Context, Outcome, Result
from rung.runtime.tasks import Box, LayoutInput, LayoutOutput, Pixels


class SheetDetector:
    """A subclass loads its net, tells `settle` its words, and looks at one window at a time.

    Options: `window` (side in pixels of the overlapping squares that are looked at one after another; 0: the sheet as a
    whole), `overlap` (share of it), `least` (score), `kinds` (class -> kind of part).
    """

    def settle(self, context: Context, words: Sequence[str]) -> None:
        """Take the options. LoadFailed where option `kinds` does not fit the net's classes."""
        self._kinds = kinds_of(tuple(words), context.options.get("kinds", {}))
        self._window = int(context.options.get("window", 0))
        self._overlap = float(context.options.get("overlap", 0.25))
        self._least = float(context.options.get("least", 0.25))

    def run(self, calls: Sequence[Call[LayoutInput]]) -> Iterator[tuple[int, Outcome]]:
        """The parts of each sheet."""
        for index, call in enumerate(calls):
            yield index, Result(self._answer(call))

    def _answer(self, call: Call[LayoutInput]) -> LayoutOutput:
        geometry = find(call.input, call)
        pixels = decode(call.input.picture)
        seen: list[Seen] = []
        for window in windows(pixels.shape[1], pixels.shape[0], self._window, self._overlap):
            call.check()
            seen += self.look(pixels, window)
        return joined(geometry, merged(seen), self._kinds)

    def look(self, pixels: Pixels, window: Box) -> Iterable[Seen]:
        """What the net sees in that window, in pixels of the sheet."""
        raise NotImplementedError

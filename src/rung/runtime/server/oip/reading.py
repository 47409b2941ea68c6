"""Owns what is known of requests by their JSON: read and checked once for all that say the same word for word.

A caller's requests differ in their tensors, and these lie behind the JSON: reading it anew took a tenth of a call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rung.runtime.errors import InvalidInput
from rung.runtime.server.oip.contract import Contract
from rung.runtime.server.oip.terms import CallTerms, read_terms
from rung.runtime.server.oip.values import check_inputs
from rung.runtime.server.oip.wire import Given, Layout, read_layout
from rung.runtime.server.options import unknown

LONGEST = 4096
"""Bytes of a text that is remembered."""
MOST = 256
"""Texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A request but for its binary tensors, and it fits its task. wanted: output -> whether in binary."""

    layout: Layout
    terms: CallTerms
    wanted: Mapping[str, bool]


@dataclass(slots=True, kw_only=True)
class Readings:
    """One for a server. pixels: of one array at most."""

    pixels: int
    _known: dict[tuple[str, bytes], Reading] = field(default_factory=dict)

    def of(self, made: Contract, text: bytes) -> Reading:
        """What that JSON asks of the task. Raises Malformed, InvalidInput, TooLarge; then nothing is remembered."""
        key = (made.task.name, text)
        found = self._known.get(key)
        if found is None:
            found = self._read(made, text)
            if len(text) <= LONGEST and not any(isinstance(one, Given) for one in found.layout.inputs):
                if len(self._known) >= MOST:
                    self._known.clear()
                self._known[key] = found
        return found

    def _read(self, made: Contract, text: bytes) -> Reading:
        layout = read_layout(text)
        terms, wanted = read_terms(layout.parameters), _wanted(made, layout)
        check_inputs(made, layout.inputs, self.pixels)
        return Reading(layout=layout, terms=terms, wanted=wanted)


def _wanted(made: Contract, layout: Layout) -> Mapping[str, bool]:
    """Output -> whether in binary. Raises InvalidInput, before anything is begun for it."""
    names = [tensor.name for tensor in made.outputs]
    if layout.wanted is None:
        return dict.fromkeys(names, layout.binary)
    for name in layout.wanted:
        if name not in names:
            why = made.lacking.get(name)
            said = f"; it is a field without a tensor's form: {why}" if why else ""
            raise InvalidInput(unknown("output", name, names) + said, field=name[:80])
    return layout.wanted

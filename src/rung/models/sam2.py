"""SAM 2 (Hiera tiny) on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from rung.models import sam_click, sam_frame, sam_onnx
from rung.models.onnx_session import session
from rung.runtime.model import Call, Context, Outcome
from rung.runtime.tasks import SegmentInput


class Sam2:
    """`encoder.ort` and `decoder.onnx` as exported for the web by g-ronimo."""

    def load(self, context: Context) -> None:
        """Open both sessions."""
        encoder = session(context.weight("encoder.ort"), context)
        decoder = session(context.weight("decoder.onnx"), context)
        self._net = sam_click.Net(
            variant=context.variant,
            frame=sam_frame.stretched,
            encode=partial(sam_onnx.embed, encoder),
            decode=partial(sam_onnx.decode, decoder),
            # This export holds the three nested masks only, so there is no single one to prefer.
            pick=sam_click.best_of_all,
            pads=True,
        )

    def run(self, calls: Sequence[Call[SegmentInput]]) -> Iterator[tuple[int, Outcome]]:
        """A mask per call."""
        return sam_click.run(self._net, calls)

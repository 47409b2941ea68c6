"""MobileSAM on ONNX Runtime: TinyViT's embedding, SAM's decoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from rung.models import sam_click, sam_frame, sam_onnx
from rung.models.onnx_session import session
from rung.runtime.model import Call, Context, Outcome
from rung.runtime.tasks import SegmentInput


class MobileSam:
    """`encoder.onnx` and `decoder.onnx` as `rung.models.recipes.mobile_sam` builds them."""

    def load(self, context: Context) -> None:
        """Open both sessions."""
        encoder = session(context.weight("encoder.onnx"), context)
        decoder = session(context.weight("decoder.onnx"), context)
        self._net = sam_click.Net(
            variant=context.variant,
            frame=sam_frame.letterboxed,
            encode=partial(sam_onnx.embed, encoder),
            decode=partial(sam_onnx.decode, decoder),
            pick=sam_click.single_or_nested,
        )

    def run(self, calls: Sequence[Call[SegmentInput]]) -> Iterator[tuple[int, Outcome]]:
        """A mask per call."""
        return sam_click.run(self._net, calls)

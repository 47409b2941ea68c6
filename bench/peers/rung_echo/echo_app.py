"""The same two models behind operations, as an app's users meet them: jobs, and files that are kept."""

import struct
import zlib

import numpy as np
from pydantic import BaseModel

from rung.runtime.app import App, File, FileOut, Operation, PictureIn
from rung.runtime.job import Job
from rung.runtime.spec import Policy
from rung.runtime.tasks import InpaintInput

MASK = np.zeros((512, 512), np.uint8)
BODY = 512 * 512 * 3
"""Of the picture's bytes that the model is asked for: what the task takes as pixels."""


class EchoIn(BaseModel):
    image: PictureIn


class EchoOut(BaseModel):
    image: FileOut


class WaitIn(BaseModel):
    x: int


class WaitOut(BaseModel):
    x: int


def picture(data: bytes) -> bytes:
    """Those bytes as what says in its header to be a PNG of one pixel; nobody decodes it."""

    def chunk(kind: bytes, inside: bytes) -> bytes:
        return struct.pack(">I", len(inside)) + kind + inside + struct.pack(">I", zlib.crc32(kind + inside))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


async def echo(job: Job, input: EchoIn) -> EchoOut:
    pixels = np.frombuffer(input.image.data, np.uint8, BODY).reshape(512, 512, 3)
    found = await job.run("inpaint", InpaintInput(pixels=pixels, mask=MASK), policy=Policy(variant="bench-echo"))
    data = picture(found.pixels.tobytes())
    return EchoOut(image=File(data=data, media_type="image/png", width=1, height=1))


async def wait(job: Job, input: WaitIn) -> WaitOut:
    pixels = np.full((1, 1, 3), input.x, np.uint8)
    found = await job.run(
        "inpaint", InpaintInput(pixels=pixels, mask=MASK[:1, :1]), policy=Policy(variant="bench-wait")
    )
    return WaitOut(x=int(found.pixels[0, 0, 0]))


APP = App(
    name="bench",
    title="Bench",
    summary="What the benchmarks ask.",
    operations=(
        Operation(
            name="echo", summary="Bytes", input=EchoIn, output=EchoOut, pipeline=echo, tasks=("inpaint",),
            main_file="image", media_types=("image/png",),
        ),
        Operation(name="wait", summary="A nap", input=WaitIn, output=WaitOut, pipeline=wait, tasks=("inpaint",)),
    ),
)  # fmt: skip

"""The toy's operations: one call, many calls, and a picture."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from rung.runtime.app import App, Operation, PictureIn
from rung.runtime.errors import RungError
from rung.runtime.job import Job
from rung.runtime.tasks import ComputeInput

Task = Literal["toy", "toy-weighed", "toy-frail", "toy-leaky", "toy-hasty"]


class HashRequest(BaseModel):
    """do: what the model shall do wrong, empty for nothing."""

    text: str
    do: str = ""
    rounds: int = Field(default=3, ge=1, le=1_000_000)
    task: Task = "toy"


class HashReply(BaseModel):
    """digest: hex sha256. Any: a model's NaN must get as far as the runtime lets it."""

    digest: Any


class ManyRequest(BaseModel):
    """One hash for each text; `do` goes with every one of them."""

    texts: list[str] = Field(max_length=10_000)
    do: str = ""
    rounds: int = Field(default=3, ge=1, le=1_000_000)
    task: Task = "toy"


class ManyReply(BaseModel):
    """null where a text's own call failed."""

    digests: list[str | None]


class PictureRequest(BaseModel):
    """A picture to be decoded in a worker."""

    image: PictureIn


class PictureReply(BaseModel):
    """digest: of its upright RGB pixels."""

    digest: str
    width: int
    height: int


def _call(text: str, request: HashRequest | ManyRequest) -> ComputeInput:
    return ComputeInput(function="hash", arguments={"text": text, "do": request.do, "rounds": request.rounds})


async def hash_one(job: Job, request: HashRequest) -> HashReply:
    """One call."""
    job.progress("hashing", 0.1)
    found = await job.run(request.task, _call(request.text, request))
    return HashReply(digest=found.value)


async def hash_many(job: Job, request: ManyRequest) -> ManyReply:
    """One call for each text, together."""
    found = await job.fan_out(request.task, [_call(text, request) for text in request.texts])
    return ManyReply(digests=[None if isinstance(one, RungError) else one.value for one in found])


async def picture(job: Job, request: PictureRequest) -> PictureReply:
    """The decoding is a worker's: the server has read the header only."""
    found = await job.compute("rung_toy.pixels:fingerprint", picture=request.image)
    return PictureReply(**found)


APP = App(
    name="toy",
    title="Toy",
    summary="Hashes, for drills.",
    operations=(
        Operation(
            name="hash", summary="A hash", input=HashRequest, output=HashReply, pipeline=hash_one, tasks=("toy",)
        ),
        Operation(
            name="many", summary="Many hashes", input=ManyRequest, output=ManyReply, pipeline=hash_many, tasks=("toy",)
        ),
        Operation(
            name="picture",
            summary="The hash of a picture's pixels",
            input=PictureRequest,
            output=PictureReply,
            pipeline=picture,
            tasks=("compute",),
        ),
    ),
)

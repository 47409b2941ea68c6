"""The toy's app: one operation that asks its model, one that asks nobody."""

from pydantic import BaseModel

from rung.runtime.app import App, Operation, PictureIn
from rung.runtime.job import Job
from rung.runtime.spec import Policy
from rung.runtime.tasks import MatteInput, Picture


class DigestIn(BaseModel):
    text: str
    times: int = 1


class DigestOut(BaseModel):
    sha256: str
    pid: int


class NoteIn(BaseModel):
    text: str


class PictureOnly(BaseModel):
    image: PictureIn


class Size(BaseModel):
    bytes: int


async def digest(job: Job, input: DigestIn) -> DigestOut:
    data = input.text.encode()
    picture = Picture(data=data, key="", width=input.times, height=1, media_type="text/plain")
    job.progress("digesting", 0.5)
    found = await job.run("matte", MatteInput(picture=picture), policy=Policy(variant="toy-digest"))
    said = found.alpha.tobytes()
    return DigestOut(sha256=said[:32].hex(), pid=int.from_bytes(said[32:], "little"))


async def note(job: Job, input: NoteIn) -> Size:
    return Size(bytes=len(input.text))


async def weigh(job: Job, input: PictureOnly) -> Size:
    return Size(bytes=len(input.image.data))


APP = App(
    name="toy",
    title="Toy",
    summary="What the benchmarks ask.",
    operations=(
        Operation(
            name="digest", summary="By a worker", input=DigestIn, output=DigestOut, pipeline=digest, tasks=("matte",)
        ),
        Operation(name="note", summary="By nobody", input=NoteIn, output=Size, pipeline=note, tasks=()),
        Operation(name="weigh", summary="By nobody", input=PictureOnly, output=Size, pipeline=weigh, tasks=()),
    ),
)

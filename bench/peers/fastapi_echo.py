"""Plain FastAPI, everything in one process, with the batching that its users write: `uvicorn fastapi_echo:app`."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from echo_work import BATCH, invert, nap
from fastapi import FastAPI, Request, Response

waiting: asyncio.Queue[tuple[int, asyncio.Future[int]]] = asyncio.Queue()


async def batches() -> None:
    while True:
        batch = [await waiting.get()]
        while len(batch) < BATCH and not waiting.empty():
            batch.append(waiting.get_nowait())
        answers = await asyncio.to_thread(nap, [item for item, _ in batch])
        for (_, future), found in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(found)


@asynccontextmanager
async def lifespan(app: FastAPI):
    working = asyncio.create_task(batches())
    yield
    working.cancel()


app = FastAPI(lifespan=lifespan)


@app.post("/echo")
async def echo(request: Request) -> Response:
    return Response(invert(await request.body()), media_type="application/octet-stream")


@app.post("/wait")
async def wait(item: dict[str, int]) -> dict[str, int]:
    future = asyncio.get_running_loop().create_future()
    await waiting.put((item["x"], future))
    return {"x": await future}

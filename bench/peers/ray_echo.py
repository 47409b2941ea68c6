"""Ray Serve, one replica of each: `python ray_echo.py PORT`."""

import asyncio
import sys

import ray
from echo_work import BATCH, WAIT_MS, invert, nap
from ray import serve
from starlette.requests import Request
from starlette.responses import Response


@serve.deployment(num_replicas=1, max_ongoing_requests=64, ray_actor_options={"num_cpus": 0.5})
class Echo:
    async def __call__(self, request: Request) -> Response:
        return Response(invert(await request.body()), media_type="application/octet-stream")


@serve.deployment(num_replicas=1, max_ongoing_requests=64, ray_actor_options={"num_cpus": 0.5})
class Wait:
    @serve.batch(max_batch_size=BATCH, batch_wait_timeout_s=WAIT_MS / 1000)
    async def batched(self, items: list[int]) -> list[int]:
        return await asyncio.to_thread(nap, items)

    async def __call__(self, request: Request) -> dict[str, int]:
        return {"x": await self.batched((await request.json())["x"])}


if __name__ == "__main__":
    ray.init(include_dashboard=False, num_cpus=2)
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    serve.run(Echo.bind(), name="echo", route_prefix="/echo")
    serve.run(Wait.bind(), name="wait", route_prefix="/wait", blocking=True)

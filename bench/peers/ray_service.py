"""One Ray Serve deployment, one replica: `python ray_service.py PORT`."""

import sys

from ray import serve
from starlette.requests import Request
from work import answer


@serve.deployment(num_replicas=1)
class Digest:
    async def __call__(self, request: Request) -> dict:
        asked = await request.json()
        return answer(asked["text"], asked["times"])


if __name__ == "__main__":
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    serve.run(Digest.bind(), blocking=True)

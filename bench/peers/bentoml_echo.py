"""BentoML: `bentoml serve bentoml_echo:Echo --host 127.0.0.1 --port PORT`, with its adaptive batching."""

import bentoml
from echo_work import BATCH, invert, nap


@bentoml.service(workers=1)
class Echo:
    @bentoml.api
    def echo(self, data: bytes, /) -> bytes:
        return invert(data)

    @bentoml.api(batchable=True, max_batch_size=BATCH, max_latency_ms=1000)
    def wait(self, x: list[int]) -> list[int]:
        return nap(x)

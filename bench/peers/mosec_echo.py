"""Mosec: `python mosec_echo.py --address 127.0.0.1 --port PORT`."""

from typing import Any

from echo_work import BATCH, WAIT_MS, invert, nap
from mosec import Runtime, Server, Worker


class Echo(Worker):
    def deserialize(self, data: bytes) -> bytes:
        return data

    def serialize(self, data: bytes) -> bytes:
        return data

    def forward(self, data: bytes) -> bytes:
        return invert(data)


class Wait(Worker):
    def forward(self, data: list[dict[str, Any]]) -> list[dict[str, int]]:
        return [{"x": found} for found in nap([one["x"] for one in data])]


if __name__ == "__main__":
    server = Server()
    wait = Runtime(Wait, num=1, max_batch_size=BATCH, max_wait_time=WAIT_MS)
    server.register_runtime({"/echo": [Runtime(Echo, num=1)], "/wait": [wait]})
    server.run()

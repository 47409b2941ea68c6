"""The least that an isolated worker can cost: uvicorn, one persistent process, shared-memory slots, a pipe.

`python bare_worker.py PORT`. No queue limit, no deadlines, no provenance, no restart, no second model.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
from collections import deque
from multiprocessing import connection, shared_memory
from typing import Any

import numpy as np
import uvicorn
from echo_work import BATCH, nap

SLOTS, SIZE = 32, 2 * 1024 * 1024


def worker(pipe: connection.Connection, name: str) -> None:
    shared = shared_memory.SharedMemory(name)
    memory = np.ndarray((SLOTS, SIZE), np.uint8, shared.buf)
    while True:
        what, items = pipe.recv()
        if what == "echo":
            for slot, size in items:
                np.subtract(255, memory[slot, :size], out=memory[slot, :size])
            pipe.send(items)
        else:
            pipe.send(nap(items))


class Front:
    def __init__(self, pipe: connection.Connection, memory: shared_memory.SharedMemory) -> None:
        self.pipe, self.memory, self.free = pipe, memory, deque(range(SLOTS))
        self.queues: dict[str, deque[Any]] = {"echo": deque(), "wait": deque()}
        self.running: list[Any] = []

    async def ask(self, what: str, item: Any) -> Any:
        future = asyncio.get_running_loop().create_future()
        self.queues[what].append((item, future))
        self.next()
        return await future

    def next(self) -> None:
        what = next((name for name, queue in self.queues.items() if queue), "")
        if self.running or not what:
            return
        queue = self.queues[what]
        self.running = [queue.popleft() for _ in range(min(len(queue), BATCH))]
        self.pipe.send((what, [item for item, _ in self.running]))

    def answered(self) -> None:
        for (_, future), found in zip(self.running, self.pipe.recv(), strict=True):
            if not future.done():
                future.set_result(found)
        self.running = []
        self.next()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        slot, more = self.free.popleft(), True
        start, size = slot * SIZE, 0
        while more:
            message = await receive()
            chunk = message.get("body", b"")
            self.memory.buf[start + size : start + size + len(chunk)] = chunk
            size, more = size + len(chunk), message.get("more_body", False)
        if scope["path"] == "/echo":
            await self.ask("echo", (slot, size))
            answer = bytes(self.memory.buf[start : start + size])
        else:
            asked = json.loads(bytes(self.memory.buf[start : start + size]))
            answer = json.dumps({"x": await self.ask("wait", asked["x"])}).encode()
        self.free.append(slot)
        head = [(b"content-type", b"application/octet-stream"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": answer})


async def main(port: int) -> None:
    ours, theirs = multiprocessing.Pipe()
    memory = shared_memory.SharedMemory(create=True, size=SLOTS * SIZE)
    multiprocessing.Process(target=worker, args=(theirs, memory.name), daemon=True).start()
    front = Front(ours, memory)
    asyncio.get_running_loop().add_reader(ours.fileno(), front.answered)
    config = uvicorn.Config(front, host="127.0.0.1", port=port, access_log=False, lifespan="off")
    try:
        await uvicorn.Server(config).serve()
    finally:
        memory.unlink()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvicorn.Config(None).get_loop_factory()) as runner:  # as `uvicorn` itself chooses
        runner.run(main(int(sys.argv[1])))

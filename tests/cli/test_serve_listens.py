from __future__ import annotations

import asyncio
import socket

from rung.cli.serve import _listen
from rung.runtime.settings import ServerSettings


async def test_answers_on_a_kept_connection_do_not_wait_for_an_acknowledgement() -> None:
    delays: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        delays.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()
        await writer.wait_closed()

    listening = _listen(ServerSettings(port=0))
    async with asyncio.timeout(10), await asyncio.start_server(accepted, sock=listening):
        _, writer = await asyncio.open_connection(*listening.getsockname())
        assert await delays == 1
        writer.close()
        await writer.wait_closed()

"""The console before the fake API, with a door that asks for keys. Prints `{"port": ..., "secret": ..., "id": ...}`.

A line `revoke` on standard input revokes the key; its answer is an empty line.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys

from fake_api import Fake

from rung.apps.editor.app import APP
from rung.console.mount import mount
from rung.runtime.keys import KEYS, KeyRing
from rung.runtime.server.auth import door_of
from rung.runtime.server.guard import Guard
from rung.runtime.server.listen import listener
from rung.runtime.settings import ServerSettings
from rung.runtime.store import open_database


async def serve(folder: str) -> None:
    """Serve until killed."""
    ring = KeyRing(open_database(f"{folder}/rung.db", [KEYS]))
    key, secret = await ring.create("visitor")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        settings = ServerSettings(port=port, hosts=("rung.example.org",))
        door = door_of(settings, ring)
        app = mount(Guard(Fake().app(), door), [APP], base_url=f"http://127.0.0.1:{port}", door=door)
        print(json.dumps({"port": port, "secret": secret, "id": key.id}), flush=True)
        serving = asyncio.ensure_future(listener(app, settings, keys=1).serve(sockets=[listening]))
        while await asyncio.to_thread(sys.stdin.readline) == "revoke\n":
            await ring.revoke(key.id)
            print(flush=True)
        await serving


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))

"""A real web server that says exactly what a test tells it to, and a resolver that does."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rung.runtime.fetch import Fetcher
from rung.runtime.settings import FetchSettings


@dataclass(frozen=True)
class Certificate:
    pem: Path
    key: Path
    authority: Path


@dataclass
class Names:
    """Host -> what each look-up of it answers, in turn; the last answer stays."""

    answers: dict[str, list[tuple[str, ...]]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        self.asked.append(host)
        left = self.answers[host]
        return left.pop(0) if len(left) > 1 else left[0]


@dataclass
class Web:
    """answers: raw bytes by path; without one the connection hangs. requests: heads and bodies as they came."""

    port: int = 0
    answers: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    peers: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peers.append(writer.get_extra_info("sockname")[0])
        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.requests.append((lines[0], headers, body))
            answer = self.answers.get(lines[0].split()[1])
            if answer is None:
                await reader.read()
            else:
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()


def answer(
    body: bytes = b"", *, status: str = "200 OK", kind: str = "image/png", length: int | None = None, **headers: str
) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body) if length is None else length}",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def web(certificate: Certificate | None = None, host: str = "127.0.0.1") -> AsyncIterator[Web]:
    running = Web()
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.pem, certificate.key)
        context.sni_callback = lambda _socket, name, _context: running.names.append(name)
    server = await asyncio.start_server(running.serve, host, 0, ssl=context)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()
        await server.wait_closed()


def local(certificate: Certificate | None, names: Names | None = None, **more: object) -> Fetcher:
    """A fetcher that may reach this machine, and trusts our authority."""
    settings: dict[str, object] = {"networks": ("127.0.0.0/8",), "http": True, "inputs": True, "callbacks": True}
    context = ssl.create_default_context(cafile=str(certificate.authority)) if certificate else None
    resolve = names or Names({"good.test": [("127.0.0.1",)]})
    return Fetcher(FetchSettings(**{**settings, **more}), resolve=resolve, context=context)  # type: ignore[arg-type]

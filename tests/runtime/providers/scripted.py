"""A real HTTP server on this machine that speaks both providers' protocols and answers as a test says."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """status, headers and the body as it is sent."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def openai(text: str, prompt: int = 900, completion: int = 40, finish: str = "stop", **message: Any) -> Reply:
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return Reply(body=json.dumps({"object": "chat.completion", "choices": [choice], "usage": usage}).encode())


def anthropic(value: Any, prompt: int = 900, completion: int = 40, stop: str = "tool_use") -> Reply:
    block = {"type": "text", "text": value} if isinstance(value, str) else {
        "type": "tool_use", "id": "toolu_1", "name": "answer", "input": value}  # fmt: skip
    usage = {"input_tokens": prompt, "output_tokens": completion}
    return Reply(body=json.dumps({"type": "message", "content": [block], "stop_reason": stop, "usage": usage}).encode())


def refusal(status: int, message: str = "no", **headers: str) -> Reply:
    body = json.dumps({"error": {"type": "error", "message": message}}).encode()
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


@dataclass
class Scripted:
    """replies: in turn, the last one for ever. asked: path, headers and parsed body of each request."""

    replies: list[Reply]
    asked: list[tuple[str, Mapping[str, str], Any]] = field(default_factory=list)
    url: str = ""
    before: Callable[[], None] = lambda: None

    def next(self) -> Reply:
        return self.replies[min(len(self.asked), len(self.replies)) - 1]


@contextmanager
def serving(*replies: Reply, before: Callable[[], None] = lambda: None) -> Iterator[Scripted]:
    script = Scripted(list(replies), before=before)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            script.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(body)))
            script.before()
            reply = script.next()
            self.send_response(reply.status)
            for name, value in {**reply.headers, "content-length": str(len(reply.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):  # who asked did not wait
                self.wfile.write(reply.body)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    script.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""LitServe: `python litserve_echo.py PORT`. It reads JSON and forms: bytes come as a form's file."""

import sys

import litserve
from echo_work import BATCH, WAIT_MS, invert, nap
from starlette.responses import Response


class Echo(litserve.LitAPI):
    def setup(self, device: str) -> None:
        pass

    def decode_request(self, request) -> bytes:  # typed, it would be read as JSON
        return request["data"].file.read()

    def predict(self, data: bytes) -> bytes:
        return invert(data)

    def encode_response(self, found: bytes) -> Response:
        return Response(found, media_type="application/octet-stream")


class Wait(litserve.LitAPI):
    def setup(self, device: str) -> None:
        pass

    def decode_request(self, request: dict) -> int:
        return request["x"]

    def batch(self, items: list[int]) -> list[int]:
        return items

    def predict(self, items: list[int]) -> list[int]:
        return nap(items)

    def unbatch(self, found: list[int]) -> list[int]:
        return found

    def encode_response(self, found: int) -> dict:
        return {"x": found}


if __name__ == "__main__":
    echo = Echo(api_path="/echo")
    wait = Wait(api_path="/wait", max_batch_size=BATCH, batch_timeout=WAIT_MS / 1000)
    server = litserve.LitServer([echo, wait], accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, access_log=False)

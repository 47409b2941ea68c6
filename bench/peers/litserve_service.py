"""One LitServe server, one worker: `python litserve_service.py PORT [restart]`."""

import sys

import litserve
from work import answer


class Digest(litserve.LitAPI):
    def setup(self, device: str) -> None:
        pass

    def decode_request(self, request: dict) -> dict:
        return request

    def predict(self, asked: dict) -> dict:
        return answer(asked["text"], asked["times"])

    def encode_response(self, found: dict) -> dict:
        return found


if __name__ == "__main__":
    # A server that is asked to restart its workers, and one as it comes.
    more = {"restart_workers": True} if "restart" in sys.argv else {}
    server = litserve.LitServer(Digest(), accelerator="cpu", workers_per_device=1, **more)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False)

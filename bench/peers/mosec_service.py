"""One Mosec server, one worker: `python mosec_service.py --address 127.0.0.1 --port PORT`."""

from mosec import Server, Worker
from work import answer


class Digest(Worker):
    def forward(self, data: dict) -> dict:
        return answer(data["text"], data["times"])


if __name__ == "__main__":
    server = Server()
    server.append_worker(Digest, num=1)
    server.run()

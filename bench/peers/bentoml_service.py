"""One BentoML service, one worker: `bentoml serve bentoml_service:Digest --host 127.0.0.1 --port PORT`."""

import bentoml
from work import answer


@bentoml.service(workers=1)
class Digest:
    @bentoml.api
    def digest(self, text: str, times: int) -> dict:
        return answer(text, times)

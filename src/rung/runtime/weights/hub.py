"""Fetches one file from the Hugging Face hub with the user's own huggingface_hub, in a process of its own."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

from rung.runtime.errors import WeightsError
from rung.runtime.spec import Source
from rung.runtime.weights import clients

STALL_S = 60.0
# Read by huggingface_hub at import: seconds until a silent server counts as unreachable.
_ENV = {
    "HF_HUB_ETAG_TIMEOUT": "8",
    "HF_HUB_DOWNLOAD_TIMEOUT": "20",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
}
_FETCH = (
    "import json, sys; from huggingface_hub import hf_hub_download; print(hf_hub_download(**json.loads(sys.argv[1])))"
)


def fetch_hub(source: Source, folder: Path, tick: Callable[[int], None]) -> Path:
    """The file below `folder`, which keeps the unfinished part: huggingface_hub resumes it next time."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", source.ref) or not source.member or not source.revision:
        raise WeightsError(f"a hub source needs owner/repo, a member and a pinned revision; this one is {source.ref!r}")
    folder.mkdir(parents=True, exist_ok=True)
    wish = {"repo_id": source.ref, "filename": source.member, "revision": source.revision, "local_dir": str(folder)}
    clients.run(
        [sys.executable, "-P", "-c", _FETCH, json.dumps(wish)], folder=folder, env=_ENV, stall_s=STALL_S, tick=tick
    )
    return folder / source.member

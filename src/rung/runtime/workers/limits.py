"""Decides how many threads a worker may start, which GPU it sees and which variables reach it, before its model loads.

On a fresh start the environment says it. After a fork the libraries are there already, so they are told by calls.
Imports the standard library only; other libraries are spoken to only where they are loaded already.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
QUIET = {
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
}
"""No library of ours reports home (onnxruntime >= 1.29 does from its import on, in a thread that no fork survives),
and none fetches what was not verified: files come by `rung weights pull` alone."""
_SECRET_NAME = re.compile(
    r"RUNG_DATABASE|DATABASE_URL|SSH_AUTH_SOCK|.*(PASSWORD|PASSWD|PASSPHRASE|SECRET).*"
    r"|(.*_)?(API_?KEYS?|KEYS?|KEY_ID|TOKENS?|CREDENTIALS?|DSN)",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(r"://[^/\s@]+@")
"""A user, or a user and a password, in an address: `postgresql://rung:hunter2@db`, `https://token@index`."""
_OPENBLAS_CALLS = (
    "scipy_openblas_set_num_threads64_",
    "scipy_openblas_set_num_threads",
    "openblas_set_num_threads64_",
    "openblas_set_num_threads",
)


def environment(device: str, threads: int, env: Mapping[str, str]) -> dict[str, str]:
    """The variables a worker gets: no telemetry, thread limits, the GPU mask; the user's `env` wins over them.

    device: `cpu`, `mps`, or `cuda:N` with N in the order of NVML, which is that of the PCI bus.
    """
    kind, _, number = device.partition(":")
    mask = (number or "0") if kind == "cuda" else ""
    return {
        **QUIET,
        **dict.fromkeys(THREAD_VARIABLES, str(threads)),
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        "CUDA_VISIBLE_DEVICES": mask,
        **env,
    }


def scrubbed(variables: Mapping[str, str]) -> dict[str, str]:
    """The server's variables without its secrets: what a template starts with, and so every worker.

    A worker runs foreign code on foreign pictures and has no business with a database or a provider's key. What one
    needs all the same is named in `[variant.X] env`.
    """
    return {
        name: value
        for name, value in variables.items()
        if not _SECRET_NAME.fullmatch(name) and not _SECRET_VALUE.search(value)
    }


def limit_threads(threads: int) -> None:
    """Tell cv2, torch and OpenBLAS, as far as they are loaded, how many threads they may use."""
    cv2 = sys.modules.get("cv2")
    if cv2 is not None:
        cv2.setNumThreads(threads)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)
    for library in _loaded("openblas"):
        for name in _OPENBLAS_CALLS:
            if hasattr(library, name):
                getattr(library, name)(ctypes.c_int(threads))


def _loaded(part: str) -> Iterator[ctypes.CDLL]:
    """The shared libraries of this process whose file name has `part`. None found where /proc is not there."""
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return
    paths = {line.split(maxsplit=5)[5] for line in lines if part in line.rpartition("/")[2]}
    for path in sorted(paths):
        yield ctypes.CDLL(path)

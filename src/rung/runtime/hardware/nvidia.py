"""NVIDIA GPUs through NVML: what each has, and what other processes leave of it.

NVML never creates a CUDA context, so looking costs no GPU memory and is safe before a fork.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from rung.runtime.hardware.cgroup import read_text
from rung.runtime.spec import Device

T = TypeVar("T")
Problem = tuple[str, str]

_SIGNS = ("proc/driver/nvidia", "dev/nvidiactl", "dev/nvidia0", "usr/bin/nvidia-smi", "usr/local/bin/nvidia-smi")
_NO_NVML = "NVML is not installed"


def nvidia_devices(root: Path = Path("/"), nvml: Any = None) -> tuple[list[Device], list[Problem]]:
    """The GPUs in NVML's order (that of the PCI bus) and what is wrong with them.

    nvml: the pynvml module, or a fake of it. No driver and no sign of a GPU: two empty lists.
    """
    if nvml is None:
        try:
            nvml = importlib.import_module("pynvml")
        except ImportError:
            return [], _unseen(root, _NO_NVML, "pip install nvidia-ml-py")
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        return [], _not_opened(root, error)
    try:
        return _read_all(nvml)
    finally:
        with contextlib.suppress(nvml.NVMLError):  # the driver went away meanwhile; there is nothing left to close
            nvml.nvmlShutdown()


def _read_all(nvml: Any) -> tuple[list[Device], list[Problem]]:
    driver = _text(_or_none(nvml, nvml.nvmlSystemGetDriverVersion))
    devices, problems = [], []
    try:
        count = nvml.nvmlDeviceGetCount()
    except nvml.NVMLError as error:
        return [], [
            (f"The NVIDIA driver does not list its GPUs: {error}.", "Look at `nvidia-smi` and the kernel's log.")
        ]
    for index in range(count):
        try:
            devices.append(_device(nvml, index, driver))
        except nvml.NVMLError as error:
            remedy = "Look at `nvidia-smi` and the kernel's log; a card that is lost needs a reset or a reboot."
            problems.append((f"cuda:{index} does not answer: {error}.", remedy))
    return devices, problems


def _device(nvml: Any, index: int, driver: str) -> Device:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    memory = _or_none(nvml, lambda: nvml.nvmlDeviceGetMemoryInfo(handle))
    rates = _or_none(nvml, lambda: nvml.nvmlDeviceGetUtilizationRates(handle))
    capability = _or_none(nvml, lambda: nvml.nvmlDeviceGetCudaComputeCapability(handle))
    return Device(
        id=f"cuda:{index}",
        kind="cuda",
        name=_text(_or_none(nvml, lambda: nvml.nvmlDeviceGetName(handle))),
        memory_total=int(memory.total) if memory is not None else None,
        memory_free=int(memory.free) if memory is not None else None,
        utilisation=rates.gpu / 100 if rates is not None else None,
        capability=f"{capability[0]}.{capability[1]}" if capability is not None else "",
        driver=driver,
    )


def _or_none(nvml: Any, ask: Callable[[], T]) -> T | None:
    """The answer, or None where this card or driver does not tell; a lost card is raised."""
    try:
        return ask()
    except nvml.NVMLError as error:
        if "lost" in str(error).lower():
            raise
        return None


def _text(value: str | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value or ""


def _not_opened(root: Path, error: Exception) -> list[Problem]:
    sentence = str(error)
    if "mismatch" in sentence.lower():
        remedy = "The driver was updated while its old module is loaded: reboot, or reload the nvidia modules."
        return [(f"The NVIDIA driver and its library differ: {sentence}.", remedy)]
    return _unseen(root, sentence, "Install the driver; in a container, start it with `--gpus all`.")


def _unseen(root: Path, why: str, remedy: str) -> list[Problem]:
    """A problem only where something says that there is a GPU: a machine without one is not ill."""
    sign = next((f"/{s}" for s in _SIGNS if (root / s).exists()), "") or _on_the_bus(root)
    return [(f"An NVIDIA GPU seems to be here ({sign}) but cannot be used: {why}.", remedy)] if sign else []


def _on_the_bus(root: Path) -> str:
    for device in sorted((root / "sys/bus/pci/devices").glob("*")):
        display = (read_text(device / "class") or "").startswith("0x03")
        if display and read_text(device / "vendor") == "0x10de":
            return f"PCI {device.name}"
    return ""

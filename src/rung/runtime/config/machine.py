"""A machine described in a TOML file, so that one can plan for a machine that is not here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rung.runtime.config import checks
from rung.runtime.config.checks import Wrong
from rung.runtime.config.reader import Table, read_toml
from rung.runtime.spec import Device, Machine


def machine_from_toml(path: Path) -> Machine:
    """The machine that the file describes. Raises ConfigError with file, line and key.

    The file: `name`, `cores`, `ram = "32 GiB"`, and for each accelerator a table `[[device]]` with
    `id`, `memory`, and if wanted `name`, `memory_free`, `capability`, `driver`.
    What is free (`ram_free`, `memory_free`) is all of it unless the file says less: an idle machine.
    """
    top, report = read_toml(path)
    ram = top.need("ram", checks.size, 0)
    free = top.take("ram_free", checks.size, ram)
    if free > ram:
        top.wrong("ram_free", "ram_free is more than ram")
    machine = Machine(
        name=top.take("name", checks.text, path.stem),
        cores=top.need("cores", checks.integer(1, 4096), 1),
        ram_total=ram,
        ram_free=free,
        devices=(Device(id="cpu", kind="cpu", memory_total=ram, memory_free=free), *_devices(top)),
    )
    top.close()
    report.raise_if_any()
    return machine


def _devices(top: Table) -> list[Device]:
    found: list[Device] = []
    for table in top.tables("device"):
        device = _device(table)
        if device.id and device.id in [d.id for d in found]:
            table.wrong("id", f"two devices are called {device.id!r}")
        found.append(device)
    return found


def _device(table: Table) -> Device:
    device_id = table.need("id", _accelerator_id, "")
    memory = table.need("memory", checks.size, 0)
    free = table.take("memory_free", checks.size, memory)
    if free > memory:
        table.wrong("memory_free", "memory_free is more than memory")
    device = Device(
        id=device_id,
        kind="mps" if device_id == "mps" else "cuda",
        name=table.take("name", checks.text, ""),
        memory_total=memory,
        memory_free=free,
        capability=table.take("capability", checks.text, ""),
        driver=table.take("driver", checks.text, ""),
    )
    table.close()
    return device


def _accelerator_id(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"mps|cuda:\d+", value):
        raise Wrong("wants the id of an accelerator: 'cuda:0', 'cuda:1', 'mps' (the CPU is always there)")
    return value

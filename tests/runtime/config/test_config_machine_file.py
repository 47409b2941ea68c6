from pathlib import Path

import pytest

from rung.runtime.config import machine_from_toml
from rung.runtime.errors import ConfigError
from rung.runtime.spec import GiB

MACHINES = Path(__file__).parents[3] / "examples" / "machines"


def test_a_described_machine_is_idle_unless_its_file_says_less():
    machine = machine_from_toml(MACHINES / "24gb.toml")

    card = machine.device("cuda:0")
    assert (machine.name, machine.cores, machine.ram_total, machine.ram_free) == ("workstation", 16, 64 * GiB, 64 * GiB)
    assert (card.kind, card.memory_total, card.memory_free) == ("cuda", 24 * GiB, 23 * GiB)
    assert machine.device("cpu").memory_total == 64 * GiB


@pytest.mark.parametrize(("name", "cards"), [("laptop", 0), ("24gb", 1), ("4x24gb", 4)])
def test_the_example_machines_are_right(name, cards):
    machine = machine_from_toml(MACHINES / f"{name}.toml")

    assert len([d for d in machine.devices if d.kind == "cuda"]) == cards


def test_all_errors_of_a_machine_file_are_said_at_once_with_their_lines(tmp_path):
    file = tmp_path / "m.toml"
    file.write_text(
        """cores = 0
rma = "1 GiB"
[[device]]
id = "gpu"
memory = "8 GiB"
memory_free = "9 GiB"
[[device]]
id = "cuda:0"
memory = "8 GiB"
[[device]]
id = "cuda:0"
"""
    )

    with pytest.raises(ConfigError) as caught:
        machine_from_toml(file)

    lines = [(e["line"], e["key"]) for e in caught.value.details["errors"]]
    assert lines == [
        (1, "ram"), (1, "cores"), (2, "rma"), (4, "device[0].id"), (6, "device[0].memory_free"),
        (10, "device[2].memory"), (11, "device[2].id"),
    ]  # fmt: skip
    assert "did you mean 'ram'?" in caught.value.message

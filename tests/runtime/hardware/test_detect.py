from pathlib import Path
from types import SimpleNamespace

import pytest

from rung.runtime.hardware.cgroup import core_quota, memory_limits
from rung.runtime.hardware.detect import cores, detect
from rung.runtime.hardware.memory import ram
from rung.runtime.settings import MachineSettings
from rung.runtime.spec import GiB, MiB

NONE = MachineSettings()


class NvmlError(Exception):
    pass


class FakeNvml:
    """What of pynvml we use. A card is a dict of answers; an answer that is an exception is raised."""

    NVMLError = NvmlError

    def __init__(self, *cards, fails: Exception | None = None) -> None:
        self.cards = cards
        self.fails = fails
        self.closed = 0

    def nvmlInit(self):
        if self.fails:
            raise self.fails

    def nvmlShutdown(self):
        self.closed += 1

    def nvmlSystemGetDriverVersion(self):
        return "580.1"

    def nvmlDeviceGetCount(self):
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index):
        return self._answer(self.cards[index], "handle", self.cards[index])

    def nvmlDeviceGetName(self, card):
        return self._answer(card, "name", b"A card")

    def nvmlDeviceGetMemoryInfo(self, card):
        return self._answer(card, "memory", SimpleNamespace(total=24 * GiB, free=20 * GiB))

    def nvmlDeviceGetUtilizationRates(self, card):
        return self._answer(card, "rates", SimpleNamespace(gpu=35))

    def nvmlDeviceGetCudaComputeCapability(self, card):
        return self._answer(card, "capability", (8, 9))

    def _answer(self, card, what, default):
        found = card.get(what, default)
        if isinstance(found, Exception):
            raise found
        return found


NO_DRIVER = FakeNvml(fails=NvmlError("NVML Shared Library Not Found"))


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def meminfo(total: int, free: int) -> str:
    return f"MemTotal: {total * 1024**2} kB\nMemFree: 1 kB\nMemAvailable: {free * 1024**2} kB\n"


def host(root: Path, **files: str) -> Path:
    """A machine of 8 cores and 32 GiB with 20 GiB free."""
    return tree(root, {"proc/meminfo": meminfo(32, 20), "proc/self/status": "Cpus_allowed_list:\t0-3,8-11\n"})


def test_without_control_groups_the_hosts_own_figures_hold(tmp_path):
    machine = detect(NONE, host(tmp_path), NO_DRIVER, "Linux", "x86_64")

    assert (machine.cores, machine.ram_total, machine.ram_free) == (8, 32 * GiB, 20 * GiB)
    assert [d.id for d in machine.devices] == ["cpu"]
    assert machine.problems == ()


def test_a_version_2_group_cuts_memory_and_cores_at_every_level_above(tmp_path):
    root = tree(
        host(tmp_path),
        {
            "proc/self/cgroup": "0::/outer/inner\n",
            "sys/fs/cgroup/outer/memory.max": str(4 * GiB),
            "sys/fs/cgroup/outer/memory.current": str(3 * GiB),
            "sys/fs/cgroup/outer/memory.stat": f"anon 1\ninactive_file {1 * GiB}\n",
            "sys/fs/cgroup/outer/cpu.max": "250000 100000",
            "sys/fs/cgroup/outer/inner/memory.max": "max",
            "sys/fs/cgroup/outer/inner/cpu.max": "max 100000",
        },
    )

    assert (ram(root).total, ram(root).free, ram(root).host) == (4 * GiB, 2 * GiB, 32 * GiB)
    assert cores(root) == 2


def test_a_version_1_group_cuts_memory_and_cores_although_the_path_is_the_hosts(tmp_path):
    root = tree(
        host(tmp_path),
        {
            "proc/self/cgroup": "4:memory:/docker/abc\n1:cpu,cpuacct:/docker/abc\n0::/\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": str(2 * GiB),
            "sys/fs/cgroup/memory/memory.usage_in_bytes": str(512 * MiB),
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
        },
    )

    assert (ram(root).total, ram(root).free) == (2 * GiB, 1536 * MiB)
    assert (core_quota(root), cores(root)) == (0.5, 1)


def test_an_unlimited_version_1_group_is_no_limit(tmp_path):
    files = {
        "proc/self/cgroup": "4:memory:/\n1:cpu:/\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
    }
    root = tree(host(tmp_path), files)

    assert memory_limits(root) == []
    assert core_quota(root) is None


def test_what_cannot_be_read_stays_unknown_and_is_a_problem(tmp_path):
    machine = detect(NONE, tmp_path, NO_DRIVER, "Linux", "x86_64")

    assert (machine.ram_total, machine.ram_free) == (None, None)
    assert "ram_budget" in machine.problems[0][1]


def test_a_group_far_below_the_host_and_little_free_ram_are_problems(tmp_path):
    files = {"sys/fs/cgroup/memory.max": str(2 * GiB), "sys/fs/cgroup/memory.current": str(3 * GiB // 2)}
    machine = detect(NONE, tree(host(tmp_path), files), NO_DRIVER, "Linux", "x86_64")

    said = [problem for problem, _ in machine.problems]
    assert said == [
        "Only 0.50 GiB of RAM is free.",
        "A control group leaves us 2.0 of the machine's 32.0 GiB RAM.",
    ]


def test_a_card_is_described_as_other_processes_leave_it(tmp_path):
    nvml = FakeNvml({})

    card = detect(NONE, host(tmp_path), nvml, "Linux", "x86_64").device("cuda:0")

    assert (card.name, card.memory_total, card.memory_free) == ("A card", 24 * GiB, 20 * GiB)
    assert (card.utilisation, card.capability, card.driver) == (0.35, "8.9", "580.1")
    assert nvml.closed == 1


def test_what_a_card_does_not_tell_stays_unknown(tmp_path):
    silent = NvmlError("Not Supported")
    nvml = FakeNvml({"memory": silent, "rates": silent, "capability": silent, "name": silent})

    card = detect(NONE, host(tmp_path), nvml, "Linux", "x86_64").device("cuda:0")

    assert (card.memory_total, card.memory_free, card.utilisation, card.capability, card.name) == (None,) * 3 + ("", "")


@pytest.mark.parametrize("answer", ["handle", "memory"])
def test_a_lost_card_is_a_problem_and_the_others_keep_their_numbers(tmp_path, answer):
    nvml = FakeNvml({answer: NvmlError("GPU is lost")}, {})

    machine = detect(NONE, host(tmp_path), nvml, "Linux", "x86_64")

    assert [d.id for d in machine.devices] == ["cpu", "cuda:1"]
    assert machine.problems[0][0] == "cuda:0 does not answer: GPU is lost."


@pytest.mark.parametrize(
    "sign",
    [
        {"proc/driver/nvidia/version": ""},
        {"dev/nvidia0": ""},
        {"sys/bus/pci/devices/0000:01:00.0/class": "0x030000\n", "sys/bus/pci/devices/0000:01:00.0/vendor": "0x10de\n"},
    ],
)
def test_no_driver_is_a_problem_only_where_a_gpu_seems_to_be(tmp_path, sign):
    machine = detect(NONE, tree(host(tmp_path), sign), NO_DRIVER, "Linux", "x86_64")

    assert [d.id for d in machine.devices] == ["cpu"]
    assert "An NVIDIA GPU seems to be here" in machine.problems[0][0]


def test_a_driver_that_differs_from_its_library_names_the_reboot(tmp_path):
    nvml = FakeNvml(fails=NvmlError("Driver/library version mismatch"))

    ((problem, remedy),) = detect(NONE, host(tmp_path), nvml, "Linux", "x86_64").problems

    assert "differ" in problem
    assert "reboot" in remedy


def test_apple_silicon_has_a_gpu_whose_memory_is_the_ram(tmp_path):
    machine = detect(NONE, host(tmp_path), NO_DRIVER, "Darwin", "arm64")

    assert machine.device("mps").memory_total == machine.ram_total


def test_this_very_machine_can_be_looked_at():
    machine = detect(MachineSettings(name="here"))

    assert machine.name == "here"
    assert machine.cores >= 1
    assert machine.device("cpu") is not None

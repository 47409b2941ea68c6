from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from rung.runtime.hardware.gauge import Gauge


class NvmlError(Exception):
    pass


class FakeNvml:
    """What of pynvml the gauge uses. cards: free bytes, and bytes by pid."""

    NVMLError = NvmlError

    def __init__(self, *cards: tuple[int, dict[int, int | None]]) -> None:
        self.cards, self.opened, self.closed = cards, 0, 0
        self.fails: NvmlError | None = None

    def nvmlInit(self) -> None:
        self.opened += 1

    def nvmlShutdown(self) -> None:
        self.closed += 1

    def nvmlDeviceGetHandleByIndex(self, index: int) -> tuple[int, dict[int, int | None]]:
        if self.fails is not None:
            raise self.fails
        return self.cards[index]

    def nvmlDeviceGetMemoryInfo(self, card: tuple[int, dict[int, int | None]]) -> SimpleNamespace:
        return SimpleNamespace(free=card[0])

    def nvmlDeviceGetComputeRunningProcesses(self, card: tuple[int, dict[int, int | None]]) -> list[SimpleNamespace]:
        return [SimpleNamespace(pid=pid, usedGpuMemory=held) for pid, held in card[1].items()]


def test_a_card_s_figures_are_the_driver_s_and_nvml_stays_open() -> None:
    nvml = FakeNvml((100, {}), (70, {7: 30, 8: None}))
    gauge = Gauge(nvml=nvml)

    assert (gauge.free("cuda:0"), gauge.free("cuda:1")) == (100, 70)
    assert [gauge.held("cuda:1", pid) for pid in (7, 8, 9)] == [30, None, None]
    gauge.close()
    assert (nvml.opened, nvml.closed) == (1, 1)


def test_a_card_that_is_lost_has_no_figure() -> None:
    nvml = FakeNvml((100, {}))
    nvml.fails = NvmlError("GPU is lost")

    assert Gauge(nvml=nvml).free("cuda:0") is None


def test_of_ram_what_can_be_dropped_is_not_held(tmp_path: Path) -> None:
    (tmp_path / "proc/7").mkdir(parents=True)
    (tmp_path / "proc/meminfo").write_text("MemTotal: 100 kB\nMemAvailable: 60 kB\n")
    (tmp_path / "proc/7/smaps_rollup").write_text(
        "0-1 ---p 0 0:0 0 [rollup]\nRss: 90 kB\nPss: 80 kB\nPss_Anon: 20 kB\nPss_File: 55 kB\nPss_Shmem: 5 kB\n"
    )
    gauge = Gauge(root=tmp_path)

    assert gauge.free("cpu") == 60 * 1024
    assert gauge.held("cpu", 7) == 25 * 1024
    assert gauge.held("cpu", 8) is None

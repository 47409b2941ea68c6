"""How a pull shows itself: bars in a terminal, plain lines elsewhere (a log must not fill with redraws)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich import progress as bars
from rich.console import Console

from rung.runtime.weights.progress import Progress, Report

_UNIT = 1024 * 1024


@contextmanager
def shown(console: Console) -> Iterator[Report]:
    """A report for `WeightStore.pull_each` that draws on this console while the context is open."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(bar_width=24),
        bars.DownloadColumn(),
        bars.TransferSpeedColumn(),
    )
    with bars.Progress(*columns, console=console) as drawn:
        yield _Bars(drawn)


class _Lines:
    """One line when a file's stage changes; how much came is said when the next stage begins."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: tuple[str, str, str] = ("", "", "")

    def __call__(self, step: Progress) -> None:
        now = (step.name, step.stage, step.detail)
        if now == self._last or step.stage == "failed":  # the caller says why, in full
            return
        self._last = now
        self._console.print(_words(step), markup=False, highlight=False, soft_wrap=True)


class _Bars:
    """One bar per file. While fetching, the bytes are those of the archive, whose size nobody says beforehand."""

    def __init__(self, drawn: bars.Progress) -> None:
        self._drawn = drawn
        self._tasks: dict[str, tuple[bars.TaskID, str]] = {}

    def __call__(self, step: Progress) -> None:
        task, stage = self._tasks.get(step.name, (None, ""))
        if task is None:
            task = self._drawn.add_task(step.name, total=None)
        if stage != step.stage:
            self._drawn.reset(task, total=step.total)
        self._tasks[step.name] = (task, step.stage)
        total = max(step.done, 1) if step.stage == "failed" else step.total
        self._drawn.update(task, completed=step.done, total=total, description=_escape(_words(step)))


def _words(step: Progress) -> str:
    match step.stage:
        case "waiting":
            return f"waiting: {step.detail}"
        case "fetching":
            return f"{step.name}: fetching from {step.detail}"
        case "converting":
            return f"{step.name}: made by {step.detail}"
        case "done":
            return f"{step.name}: here and verified ({step.done / _UNIT:.1f} MiB)"
        case "extracting" | "failed":
            return f"{step.name}: {step.stage}"


def _escape(text: str) -> str:
    return text.replace("[", r"\[")

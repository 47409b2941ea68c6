"""Owns what a page shows before anything is opened: what it is for, where a file goes, and samples to try."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nicegui import ui


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A file that comes with an app. src: the address of its picture. note: whose it is, and on what terms."""

    file: Path
    src: str
    title: str
    note: str = ""


def invitation(
    say: Callable[[str], str],
    picker: Callable[[], None],
    samples: Sequence[Sample],
    on_sample: Callable[[bytes, str], Awaitable[None]],
) -> None:
    """say: the page's words `title`, `lead`, `empty`, `formats` and `samples`. picker: draws the button that opens a
    file. on_sample gets the bytes of the sample that was chosen, and its name."""
    ui.label(say("title")).classes("rung-title")
    ui.label(say("lead")).classes("rung-lead")
    with ui.element("div").classes("rung-empty"):
        ui.label(say("empty")).classes("rung-empty-title")
        ui.label(say("formats")).classes("rung-note")
        picker()
    if samples:
        ui.label(say("samples")).classes("rung-note")
        with ui.element("div").classes("rung-samples"):
            for sample in samples:
                _button(sample, on_sample)


def _button(sample: Sample, on_sample: Callable[[bytes, str], Awaitable[None]]) -> None:
    async def open_it() -> None:
        await on_sample(sample.file.read_bytes(), sample.file.name)

    with ui.element("button").classes("rung-sample").props('type="button"').on("click", open_it):
        ui.element("img").props(f'src="{sample.src}" alt="" loading="lazy"')
        ui.label(sample.title)
        if sample.note:
            ui.label(sample.note).classes("rung-note")

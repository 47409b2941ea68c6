"""The tasks by name, and what is said of any input of theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np

from rung.runtime.tasks.documents import Document
from rung.runtime.tasks.drawings import (
    ClassifyStrokesInput,
    ClassifyStrokesOutput,
    DescribeInput,
    DescribeOutput,
    FindTextInput,
    FindTextOutput,
    LayoutInput,
    LayoutOutput,
    ReadInput,
    ReadOutput,
    ToleranceInput,
    ToleranceOutput,
    check_describe,
    check_dpi,
    check_find_text,
    check_read,
    check_tolerance,
)
from rung.runtime.tasks.pictures import (
    DetectInput,
    DetectOutput,
    EditInput,
    EditOutput,
    FillInput,
    FillOutput,
    GenerateInput,
    GenerateOutput,
    InpaintInput,
    InpaintOutput,
    MatteInput,
    MatteOutput,
    Picture,
    SegmentInput,
    SegmentOutput,
    check_detect,
    check_segment,
)
from rung.runtime.tasks.shapes import (
    DepthInput,
    DepthOutput,
    ReconstructInput,
    ReconstructOutput,
    check_depth,
    check_reconstruct,
)
from rung.runtime.tasks.words import ChatInput, ChatOutput, check_chat


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeInput:
    """CPU work that is no model: `module:function` called with `arguments` in a worker.

    arguments: plain values, arrays, bytes, and dataclasses of this module. working: bytes that it takes while it runs;
    None: as many as compositing the largest picture among the arguments takes.
    """

    function: str
    arguments: Mapping[str, Any]
    working: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeOutput:
    """value: what the function returned, of the same kinds of values."""

    value: Any


def unchecked(input: Any) -> None:
    """For tasks whose types say all that can be said before a model looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Stands for the input of a call that only measures: the worker makes the variant's own example in its place, of
    about that many pixels (None: as large as the author likes). maker: `module:function` that makes it where the
    variant has none of its own."""

    pixels: int | None = None
    maker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A word that apps and models share, with the types it stands for.

    check: raises InvalidInput for what the types let pass; asked where no pipeline of ours made the input.
    internal: why callers may not ask for it themselves; empty: they may.
    """

    name: str
    input: type
    output: type
    summary: str
    check: Callable[[Any], None] = unchecked
    internal: str = ""


TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        Task(
            name="segment",
            input=SegmentInput,
            output=SegmentOutput,
            summary="the mask of the clicked object",
            check=check_segment,
        ),
        Task(name="matte", input=MatteInput, output=MatteOutput, summary="the main object's transparency, no prompt"),
        Task(name="inpaint", input=InpaintInput, output=InpaintOutput, summary="fill a hole from its surroundings"),
        Task(name="fill", input=FillInput, output=FillOutput, summary="paint a text into a hole"),
        Task(name="generate", input=GenerateInput, output=GenerateOutput, summary="a new picture from words"),
        Task(name="edit", input=EditInput, output=EditOutput, summary="change a picture as words say"),
        Task(
            name="detect",
            input=DetectInput,
            output=DetectOutput,
            summary="which things are in a picture, and where",
            check=check_detect,
        ),
        Task(
            name="depth",
            input=DepthInput,
            output=DepthOutput,
            summary="how far away each pixel is",
            check=check_depth,
        ),
        Task(
            name="reconstruct",
            input=ReconstructInput,
            output=ReconstructOutput,
            summary="one object of a picture in three dimensions",
            check=check_reconstruct,
        ),
        Task(
            name="chat",
            input=ChatInput,
            output=ChatOutput,
            summary="the next message of a conversation",
            check=check_chat,
        ),
        Task(
            name="find-text",
            input=FindTextInput,
            output=FindTextOutput,
            summary="where text stands in a picture",
            check=check_find_text,
        ),
        Task(name="read", input=ReadInput, output=ReadOutput, summary="what texts in boxes say", check=check_read),
        Task(
            name="layout",
            input=LayoutInput,
            output=LayoutOutput,
            summary="the parts of a sheet: border, title block, tables, frames, views, symbols",
            check=check_dpi,
        ),
        Task(
            name="classify-strokes",
            input=ClassifyStrokesInput,
            output=ClassifyStrokesOutput,
            summary="what each stroke of a drawing is",
            check=check_dpi,
        ),
        Task(
            name="predict-tolerance",
            input=ToleranceInput,
            output=ToleranceOutput,
            summary="what form and position a process holds on a surface",
            check=check_tolerance,
        ),
        Task(
            name="describe",
            input=DescribeInput,
            output=DescribeOutput,
            summary="what a model that sees and speaks says of pictures",
            check=check_describe,
        ),
        Task(
            name="compute",
            input=ComputeInput,
            output=ComputeOutput,
            summary="CPU work that is no model",
            internal="it runs a function that its input names, and is for pipelines only",
        ),
    )
}


def pixels_of(input: object) -> int:
    """Pixels of the largest picture, mask or other plane in a task's input; 0 where there is none.

    Only sizes are looked at, so it costs microseconds.
    """
    match input:
        case np.ndarray():
            return input.shape[0] * input.shape[1] if input.ndim > 1 else 0
        case None | bool() | int() | float() | str() | bytes():
            return 0
        case Picture() | GenerateInput():
            return input.width * input.height
        case Document():
            return (input.width or 0) * (input.height or 0)
        case EditInput():
            return max((input.width or 0) * (input.height or 0), *map(pixels_of, input.pictures), 0)
        case Mapping():
            return max(map(pixels_of, input.values()), default=0)
        case list() | tuple():
            return max(map(pixels_of, input), default=0)
        case _:
            kind: Any = type(input)
            return max((pixels_of(getattr(input, name)) for name in _names(kind)), default=0)


@cache
def _names(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass; of another type none."""
    return tuple(f.name for f in fields(kind)) if is_dataclass(kind) else ()

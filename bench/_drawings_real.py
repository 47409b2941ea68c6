"""Drawings that others made: every DXF with dimension entities that was found in packages.

Three architects' drawings of windows and doors in Korean, from npm's dxf2json; none is part of this repository. Of the
1,300 other DXF files that Debian's, npm's and PyPI's packages for CAD were found to carry (LibreCAD's parts and
patterns, ezdxf's own tests), none has more than two.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from rung.cli.pull_progress import shown
from rung.lab.sheets.real import opened, windows
from rung.lab.sheets.sheet import Page
from rung.runtime.config import load_settings
from rung.runtime.errors import WeightsError
from rung.runtime.spec import Licence, Source, Weights
from rung.runtime.weights.store import open_store

LICENCE = Licence(name="MIT", commercial=True, note="the package's; it says nothing of who drew its samples")


def _one(file: str, size: int, sha256: str) -> Weights:
    source = Source(kind="npm", ref="dxf2json==1.0.3", member=f"package/sample/{file}")
    return Weights(
        name=f"bench-drawings/{file}", size=size, sha256=sha256, licence=LICENCE, sources=(source,), pulled=False
    )


DRAWINGS = (
    _one("file2.dxf", 4119765, "a23c725b8cb61d184dc672324f7c105628ac72ec81a3b30fbac9ec6398686094"),
    _one("sample2.dxf", 1192832, "53b9956cda0daac3cd974268baef66839d4286be97c4983dd15272a32ecb8a80"),
    _one("sample3.dxf", 6128775, "2fa332444345cf55f285103f5b9066c572cee7a6f1d6d3bd07aebe6b55832792"),
)


def real_pages(dpi: float) -> Iterator[Page]:
    """All windows of all drawings. Ends the program, with the reasons, where they cannot be had."""
    logging.getLogger("ezdxf").setLevel(logging.ERROR)
    for path in drawings():
        yield from windows(opened(path), dpi)


def drawings() -> list[Path]:
    """Where they lie, fetched at the first call."""
    store = open_store(load_settings(), ())
    with shown(Console(stderr=True)) as report:
        came = store.pull_each(DRAWINGS, report)
    failed = [one.message for one in came.values() if isinstance(one, WeightsError)]
    if failed:
        sys.exit("\n".join(failed))
    return [path for path in came.values() if isinstance(path, Path)]

"""Takes the code blocks out of a page, and installs them as a package on a path of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
NAMED = re.compile(r"`([\w.]+)`:\n\n```\w+\n(.*?)```", re.DOTALL)
ENTRY_POINTS = re.compile(r"```toml\n(\[project\.entry-points.*?)```", re.DOTALL)


def install(page: str, folder: Path) -> None:
    """Write the page's named files, and metadata with its entry points, as pip would."""
    text = (ROOT / "docs" / page).read_text()
    for name, code in NAMED.findall(text):
        (folder / name).write_text(code)
    group, line = ENTRY_POINTS.findall(text)[0].strip().splitlines()
    found = re.match(r'\[project\.entry-points\."(.*)"\]', group)
    assert found
    info = folder / "of_the_docs-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: of-the-docs\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(f"[{found[1]}]\n{line.replace(chr(34), '')}\n")


def rung(folder: Path, *arguments: str) -> str:
    """The command's standard output; its failure fails the test with what it said."""
    path = os.pathsep.join([str(folder), str(ROOT / "src")])
    env = os.environ | {"PYTHONPATH": path, "RUNG_DATA_DIR": str(folder / "data"), "COLUMNS": "200"}
    command = [sys.executable, "-m", "rung.cli.main", *arguments]
    ran = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=180)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout

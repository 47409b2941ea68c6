"""Runs the system's program `tesseract` on pictures, and ends it with the call that asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import cv2

from rung.models.lettering.patches import Grey
from rung.runtime.errors import LoadFailed, ModelFailed
from rung.runtime.model import Context

ONE_LINE: Final = 7
SPARSE: Final = 11
"""Its ways to look at a picture (`--psm`): as one line, or for texts anywhere."""
POLL_S: Final = 0.05
QUOTED: Final = 300
"""Characters of what the program complained of."""


@dataclass(frozen=True, slots=True)
class Program:
    """Where it lies, the languages it reads (`kor+eng`), and its environment."""

    path: str
    languages: str
    env: Mapping[str, str]

    @classmethod
    def of(cls, context: Context) -> Self:
        """By the options `program` and `languages`. LoadFailed, with the remedy, where one is missing."""
        program = str(context.options.get("program", "tesseract"))
        found = shutil.which(program)
        if found is None:
            raise LoadFailed(f"{context.variant}: there is no program {program} on PATH: apt install tesseract-ocr")
        languages = str(context.options.get("languages", "kor+eng"))
        said = subprocess.run([found, "--list-langs"], capture_output=True, text=True, check=False, timeout=60)
        missing = [one for one in languages.split("+") if one not in said.stdout.split()]
        if missing:
            packages = " ".join(f"tesseract-ocr-{one}" for one in missing)
            raise LoadFailed(f"{context.variant}: {found} lacks {', '.join(missing)}: apt install {packages}")
        # Its threads wait for each other by turning round: two of them on a busy machine of two cores took nine times
        # the processor time of one, and nine times as long.
        return cls(found, languages, {**os.environ, "OMP_THREAD_LIMIT": "1"})

    def table(self, pictures: Sequence[Grey], mode: int, check: Callable[[], None]) -> str:
        """Its table (`tsv`) of all pictures, each a page. check: raises where the call was cancelled. ModelFailed where
        the program fails."""
        with tempfile.TemporaryDirectory(prefix="rung-tesseract-") as folder:
            names = []
            for number, picture in enumerate(pictures):
                names.append(str(Path(folder) / f"{number}.pgm"))
                cv2.imwrite(names[-1], picture)
            listed = Path(folder) / "list.txt"
            listed.write_text("\n".join(names) + "\n")
            out = Path(folder) / "out"
            command = [self.path, str(listed), str(out), "-l", self.languages, "--psm", str(mode), "tsv"]
            code, complaint = self._waited(command, Path(folder) / "complaint.txt", check)
            if code:
                raise ModelFailed(f"tesseract ended with {code}: {complaint}")
            return out.with_suffix(".tsv").read_text()

    def _waited(self, command: Sequence[str], said: Path, check: Callable[[], None]) -> tuple[int, str]:
        """Its exit code and what it complained of. It is ended with the call."""
        with said.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file, env=self.env) as process:
            try:
                while process.poll() is None:
                    check()
                    time.sleep(POLL_S)
            except BaseException:
                process.kill()
                raise
        return process.returncode, said.read_text(errors="replace")[-QUOTED:].strip()

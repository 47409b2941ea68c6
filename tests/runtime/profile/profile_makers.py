"""Small makers of subjects, samples and records."""

from dataclasses import replace

from rung.runtime.profile import CallSample, Record
from rung.runtime.spec import MiB, Subject

MP = 1_000_000
SUBJECT = Subject(hardware="AMD EPYC, 2 cores", variant="v", device="cpu", precision="fp32", terms="threads=2")


def subject(**more) -> Subject:
    return replace(SUBJECT, **more)


def call(megapixels: float, working_mib: float | None = 0.0, run_s: float = 1.0) -> CallSample:
    working = None if working_mib is None else round(working_mib * MiB)
    return CallSample(pixels=round(megapixels * MP), run_s=run_s, working=working)


def record(*calls: CallSample, loaded=(100,), of: Subject = SUBJECT, **more) -> Record:
    return Record(subject=of, calls=calls, loaded=tuple(r * MiB for r in loaded), **more)


def a_line(slope_mib: float) -> list[CallSample]:
    """Three sizes on a line: 50 MiB and so much for each megapixel."""
    return [call(mp, 50 + slope_mib * mp) for mp in (0.25, 1, 12)]

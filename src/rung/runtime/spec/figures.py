"""What a variant needs of a device, in bytes and seconds, and what a measurement of it is of."""

from __future__ import annotations

from dataclasses import dataclass

from rung.runtime.spec.words import USUAL_PIXELS, DeviceKind, FigureSource, Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Memory of a variant on one kind of device.

    resident: bytes held while ready, between calls.
    working: bytes on top of it of the smallest call; grows with `working_per_pixel` x pixels.
    """

    resident: int
    working: int = 0
    working_per_pixel: float = 0.0
    source: FigureSource = "catalogue"

    def working_at(self, pixels: int) -> int:
        """Bytes on top of `resident` at the worst moment of one call on an input of that many pixels."""
        return self.working + int(self.working_per_pixel * pixels)

    def peak(self, pixels: int = USUAL_PIXELS) -> int:
        """Bytes at the worst moment of one call on an input of that many pixels."""
        return self.resident + self.working_at(pixels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Seconds of one call that runs alone: `fixed` + `per_pixel` x pixels.

    per_call: what each further call of a batch adds to the first; None where no batch was measured.
    """

    fixed: float
    per_pixel: float = 0.0
    per_call: float | None = None
    source: FigureSource = "catalogue"

    def of(self, pixels: int = USUAL_PIXELS) -> float:
        """Seconds of a call on an input of that many pixels."""
        return self.fixed + self.per_pixel * pixels


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Subject:
    """What a measurement is of; it says nothing of anything else.

    hardware: `Machine.hardware` of the device. terms: how it was run: threads, caps, options, warm-up, weights.
    """

    hardware: str
    variant: str
    device: DeviceKind
    precision: Precision
    terms: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured of a subject; None: not, or not enough of it."""

    footprint: Footprint | None = None
    latency: Latency | None = None
    load_s: float | None = None

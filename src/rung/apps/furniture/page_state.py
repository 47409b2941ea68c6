"""Decides what a visitor's work on the furniture page is at each moment, and what of an answer is shown how. Touches
nothing."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rung.console.board import Span
from rung.console.pieces import Colour, Drawn, Shape
from rung.console.solids import Solid

Rows = tuple[Mapping[str, Any], ...]
"""Provenance as the API gives it."""
MOST_PICTURES = 20
GOLDEN = 0.61803398875
"""Steps of the hue that never come near each other soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A picture on the server. width, height: upright, in pixels. hands: what the visitor has pointed out in it."""

    file: str
    url: str
    width: int
    height: int
    name: str
    hands: tuple[Drawn, ...] = ()

    @classmethod
    def of(cls, ref: Mapping[str, Any], name: str) -> Photo:
        """From a file reference of the API."""
        return cls(file=ref["file"], url=ref["url"], width=ref["width"], height=ref["height"], name=name)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One piece: of which photograph (its number, from 0), and its id there."""

    photo: int
    piece: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The photographs of one flat, what is asked about them, and what came of it. Every change is a new Work.

    at: the photograph that is shown. answer: the output of `scene`. asked: the photographs that it is about: the first
    ones, some perhaps with fewer pieces by hand.
    """

    photos: tuple[Photo, ...] = ()
    at: int = 0
    truck: str = "2.5t"
    answer: Mapping[str, Any] | None = None
    asked: tuple[Photo, ...] = ()
    warnings: tuple[str, ...] = ()
    account: Rows = ()
    chosen: Chosen | None = None

    def opened(self, photo: Photo) -> Work:
        """One photograph more, and shown. The same picture twice would count its furniture twice: it is only shown."""
        for number, known in enumerate(self.photos):
            if known.file == photo.file:
                return replace(self, at=number)
        if len(self.photos) == MOST_PICTURES:
            return self
        return replace(self, photos=(*self.photos, photo), at=len(self.photos))

    def turned_to(self, number: int) -> Work:
        """Another photograph is shown."""
        return replace(self, at=number)

    def in_truck(self, name: str) -> Work:
        """Another truck."""
        return replace(self, truck=name)

    def removed(self, number: int) -> Work:
        """Without that photograph; the answer was of it too, so it goes."""
        photos = self.photos[:number] + self.photos[number + 1 :]
        return replace(self, photos=photos, at=max(0, min(self.at, len(photos) - 1)))._unanswered()

    def pointed_out(self, box: Span, label: str) -> Work:
        """A piece by hand in the photograph that is shown."""
        return self._with_hands((*self.photos[self.at].hands, Drawn(box=box, label=label)))

    def taken_back(self) -> Work:
        """Without the last piece by hand of the photograph that is shown."""
        return self._with_hands(self.photos[self.at].hands[:-1])

    def _with_hands(self, hands: tuple[Drawn, ...]) -> Work:
        photos = list(self.photos)
        photos[self.at] = replace(photos[self.at], hands=hands)
        return replace(self, photos=tuple(photos))

    def _unanswered(self) -> Work:
        return replace(self, answer=None, asked=(), warnings=(), account=(), chosen=None)

    def answered(
        self,
        asked: Work,
        output: Mapping[str, Any],
        warnings: Sequence[str],
        account: Sequence[Mapping[str, Any]],
    ) -> Work:
        """With what came of the photographs as they were when it was asked; as it is, where one of them has gone."""
        if [photo.file for photo in self.photos[: len(asked.photos)]] != [photo.file for photo in asked.photos]:
            return self
        fresh = self._unanswered()
        return replace(fresh, answer=output, asked=asked.photos, warnings=tuple(warnings), account=tuple(account))

    @property
    def stale(self) -> bool:
        """Whether the answer is not that of these photographs with these pieces by hand, in that truck."""
        if self.answer is None:
            return False
        load = self.answer["load"]
        return self.asked != self.photos or (load is not None and load["truck"] != self.truck)

    def fields(self) -> dict[str, Any]:
        """Of the request for the whole flat."""
        hands = [
            {"image": number + 1, "box": list(hand.box), "label": hand.label}
            for number, photo in enumerate(self.photos)
            for hand in photo.hands
        ]
        images = [{"file": photo.file} for photo in self.photos]
        return {"images": images, "boxes": hands, "truck": self.truck, "shape": "points"}

    def choose(self, photo: int, piece: str) -> Work:
        """That piece, shown in its photograph; an empty id: none."""
        if not piece:
            return replace(self, chosen=None)
        return replace(self, chosen=Chosen(photo, piece), at=photo)

    # --- what is shown of the answer -------------------------------------------------------------------

    def result(self, photo: int) -> Mapping[str, Any] | None:
        """The answer about a photograph; None where there is none of it."""
        return None if self.answer is None or photo >= len(self.asked) else dict(self.answer["images"][photo])

    def shapes(self) -> list[Shape]:
        """The pieces of the photograph that is shown."""
        result = self.result(self.at)
        return [
            Shape(
                id=piece["id"],
                name=piece["label"],
                colour=colour(self._number(self.at, piece["id"])),
                box=tuple(piece["box"]),
                mask=piece["mask"]["url"] if piece["mask"] else "",
            )
            for piece in (result["objects"] if result else ())
        ]

    def hands(self) -> tuple[Drawn, ...]:
        """What is pointed out in the photograph that is shown and is not yet part of its answer."""
        answered = self.asked[self.at].hands if self.at < len(self.asked) else ()
        return tuple(hand for hand in self.photos[self.at].hands if hand not in answered)

    def pieces(self) -> list[tuple[int, Mapping[str, Any], Colour]]:
        """Every piece of every photograph: (number of the photograph, the piece, its colour)."""
        found = [
            (at, piece) for at in range(len(self.photos)) for piece in (self.result(at) or {"objects": ()})["objects"]
        ]
        return [(at, piece, colour(number)) for number, (at, piece) in enumerate(found)]

    def _number(self, photo: int, piece: str) -> int:
        return next(n for n, (at, one, _) in enumerate(self.pieces()) if (at, one["id"]) == (photo, piece))

    def piece(self) -> Mapping[str, Any] | None:
        """The chosen one."""
        if self.chosen is None:
            return None
        wanted = (self.chosen.photo, self.chosen.piece)
        return next((piece for at, piece, _ in self.pieces() if (at, piece["id"]) == wanted), None)

    def solids(self, truck: int) -> list[Solid]:
        """What lies in that truck, in the order of loading, in millimetres: x across, y from the cab, z up."""
        if self.answer is None or self.answer["load"] is None:
            return []
        return [self._solid(one) for one in self.answer["load"]["placements"] if one["truck"] == truck]

    def _solid(self, placed: Mapping[str, Any]) -> Solid:
        assert self.answer is not None
        listed = self.answer["pieces"][placed["item"]]
        low = (placed["x_mm"], placed["y_mm"], placed["z_mm"])
        sides = (placed["width_mm"], placed["depth_mm"], placed["height_mm"])
        return Solid(
            id=str(placed["item"]),
            name=listed["label"],
            colour=colour(self._number(listed["image"] - 1, listed["object"])),
            low=low,
            high=(low[0] + sides[0], low[1] + sides[1], low[2] + sides[2]),
        )

    def chosen_item(self) -> str:
        """The id of the chosen piece's box in the truck; empty where it is not on the packing list."""
        listed = self.answer["pieces"] if self.answer is not None else ()
        wanted = (self.chosen.photo + 1, self.chosen.piece) if self.chosen is not None else None
        return next((str(item) for item, one in enumerate(listed) if (one["image"], one["object"]) == wanted), "")

    def choose_item(self, id: str) -> Work:
        """The piece whose box in the truck that is; an empty id: none."""
        if not id or self.answer is None:
            return replace(self, chosen=None)
        listed = self.answer["pieces"][int(id)]
        return self.choose(listed["image"] - 1, listed["object"])


def colour(number: int) -> Colour:
    """Strong, and unlike its neighbours'."""
    hue, light = (number * GOLDEN) % 1.0, 0.62 if number % 2 else 0.54
    red, green, blue = colorsys.hls_to_rgb(hue, light, 0.75)
    return round(red * 255), round(green * 255), round(blue * 255)


def mock(rows: Rows) -> bool:
    """Whether any step was a mock's."""
    return any(row["kind"] == "mock" for row in rows)

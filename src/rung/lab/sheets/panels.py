"""What stands around the views: border, title block, tables, notes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from rung.lab.sheets.notes import Group, GroupCell, Note
from rung.lab.sheets.pen import PANEL, Pen, corners
from rung.lab.sheets.room import Room
from rung.lab.sheets.truth import TrueArea

MARGIN_MM = 10.0


def dress_sheet(pen: Pen, paper: tuple[float, float]) -> Room:
    """Border, title block, tables and notes. Gives what paper is free for views."""
    width, height = paper
    frame = Room(MARGIN_MM * 2, MARGIN_MM, width - MARGIN_MM, height - MARGIN_MM)
    pen.box("border", frame.x0, frame.y0, frame.x1, frame.y1)
    pen.areas.append(TrueArea(kind="border", label="", polygon=corners(frame.x0, frame.y0, frame.x1, frame.y1)))
    if pen.style.grid_border:
        _zones(pen, frame)
    title = title_block(pen, frame)
    listed = parts_list(pen, Room(title.x0, title.y1, title.x1, frame.y1)) if pen.rng.random() < 0.7 else title
    right = title.x0 if listed.y1 > frame.y0 + frame.height * 0.4 else frame.x1
    free = Room(frame.x0 + 3, frame.y0 + 3, right - 3, frame.y1 - 3)
    if right == frame.x1:
        free = Room(free.x0, listed.y1 + 3, free.x1, free.y1)
    if pen.rng.random() < 0.8:
        low = free.y0 if free.y0 > listed.y1 else frame.y0
        depth = _remarks(pen, Room(frame.x0 + 5, low, title.x0 - 5, free.y1) if low == frame.y0 else
                         Room(frame.x0 + 5, frame.y0, title.x0 - 5, listed.y1))  # fmt: skip
        if low == frame.y0:
            free = Room(free.x0, frame.y0 + depth + 3, free.x1, free.y1)
    return free


def _zones(pen: Pen, frame: Room) -> None:
    """Letters and digits in the margin."""
    pen.box("border", frame.x0 - 5, frame.y0 - 5, frame.x1 + 5, frame.y1 + 5)
    columns, rows = max(2, round(frame.width / 50)), max(2, round(frame.height / 50))
    for place in range(columns):
        x = frame.x0 + frame.width * (place + 0.5) / columns
        for y in (frame.y0 - 2.5, frame.y1 + 2.5):
            pen.label(str(place + 1), (x, y), 2.5, align="middle", lettering=PANEL)
    for place in range(rows):
        y = frame.y1 - frame.height * (place + 0.5) / rows
        for x in (frame.x0 - 2.5, frame.x1 + 2.5):
            pen.label(chr(ord("A") + place), (x, y), 2.5, align="middle", lettering=PANEL)


@dataclass(frozen=True, slots=True)
class Slot:
    """A cell of the title block: its field, its label in both languages, and its place in units of the block."""

    name: str
    en: str
    ko: str
    x: float
    y: float
    w: float


WIDE = (
    Slot("title", "TITLE", "품명", 0, 3, 4), Slot("drawing_number", "DWG NO.", "도번", 4, 3, 4),
    Slot("material", "MATERIAL", "재질", 0, 2, 4), Slot("company", "COMPANY", "회사", 4, 2, 4),
    Slot("scale", "SCALE", "척도", 0, 1, 2), Slot("sheet", "SHEET", "매수", 2, 1, 2),
    Slot("date", "DATE", "일자", 4, 1, 2), Slot("revision", "REV.", "개정", 6, 1, 2),
    Slot("drawn", "DRAWN", "제도", 0, 0, 2), Slot("checked", "CHECKED", "검도", 2, 0, 2),
    Slot("approved", "APPROVED", "승인", 4, 0, 2), Slot("weight", "WEIGHT", "중량", 6, 0, 2),
)  # fmt: skip
STRIP = (
    Slot("company", "COMPANY", "회사", 0, 1, 3), Slot("title", "TITLE", "품명", 3, 1, 3),
    Slot("drawing_number", "DRAWING NO.", "도면번호", 6, 1, 3), Slot("revision", "REV", "REV", 9, 1, 1),
    Slot("material", "MATERIAL", "재질", 0, 0, 2.5), Slot("scale", "SCALE", "척도", 2.5, 0, 1.25),
    Slot("date", "DATE", "날짜", 3.75, 0, 2), Slot("drawn", "DRAWN BY", "설계", 5.75, 0, 2.25),
    Slot("checked", "CHECKED BY", "검토", 8, 0, 2),
)  # fmt: skip
TALL = (
    Slot("company", "COMPANY", "업체명", 0, 6, 4), Slot("title", "PART NAME", "부품명", 0, 5, 4),
    Slot("drawing_number", "DWG. No", "도면 번호", 0, 4, 4), Slot("material", "MATL.", "재료", 0, 3, 4),
    Slot("scale", "SCALE", "척도", 0, 2, 2), Slot("revision", "REV", "리비전", 2, 2, 2),
    Slot("date", "DATE", "작성일", 0, 1, 4),
    Slot("drawn", "DRN", "작성", 0, 0, 2), Slot("checked", "CHK", "검토", 2, 0, 2),
)  # fmt: skip
BLOCKS = {"wide": (WIDE, 20.0, 10.0), "strip": (STRIP, 20.0, 11.0), "tall": (TALL, 20.0, 9.0)}
"""Slots, and a unit's width and height in millimetres."""


def title_block(pen: Pen, frame: Room) -> Room:
    """In the lower right corner; gives its box."""
    slots, unit_x, unit_y = BLOCKS[pen.style.title_block]
    width = max(slot.x + slot.w for slot in slots) * unit_x
    height = (max(slot.y for slot in slots) + 1) * unit_y
    block = Room(frame.x1 - width, frame.y0, frame.x1, frame.y0 + height)
    words = contents(pen.rng, pen.style.language)
    cells = []
    for slot in slots:
        x0, y0 = block.x0 + slot.x * unit_x, block.y0 + slot.y * unit_y
        x1, y1 = x0 + slot.w * unit_x, y0 + unit_y
        pen.box("table", x0, y0, x1, y1)
        head = pen.label(getattr(slot, pen.style.language), (x0 + 1, y1 - 2), 1.8, lettering=PANEL)
        said = Note(text=words[slot.name], alphabet="text", role="field", name=slot.name)
        body = pen.text(
            said, (x0 + 2, y0 + unit_y * 0.36), 2.6 if len(said.text) > slot.w * 6 else 3.2, lettering=PANEL
        )
        cells.append(GroupCell(box=corners(x0, y0, x1, y1), handles=(head, body)))
    box = corners(block.x0, block.y0, block.x1, block.y1)
    pen.groups.append(Group(kind="title-block", box=box, cells=tuple(cells)))
    pen.areas.append(TrueArea(kind="title-block", label="", polygon=box))
    return block


MATERIALS = (
    "SS400", "SM490A", "S20C", "S45C", "S45C-N", "SCM440", "SCM435", "SUS304", "SUS316", "STS304", "SF440A", "A105",
    "A6061-T6", "AL6061", "AC4C", "FC250", "FCD450", "C3604", "POM", "SKD11", "SNCM439", "SM45C", "SPCC", "SPHC",
)  # fmt: skip
TITLES = {
    "en": ("SHAFT", "MAIN SHAFT", "FLANGE", "BEARING HOUSING", "BRACKET", "BASE PLATE", "COVER", "BUSH", "HUB",
           "SPACER"),
    "ko": ("축", "주축", "플랜지", "베어링 하우징", "브라켓", "베이스 플레이트", "커버", "부시", "허브", "스페이서"),
}  # fmt: skip
COMPANIES = {
    "en": ("ACME MACHINERY", "NORTH WORKS LTD.", "HANSEN TOOLS", "DELTA MOTION"),
    "ko": ("한빛기계", "대성정밀", "미래테크", "동해중공업"),
}
PEOPLE = {"en": ("J. KIM", "S. LEE", "H. PARK", "M. WEBER", "A. RUIZ"), "ko": ("김민수", "이서연", "박지훈", "최유진")}


def contents(rng: random.Random, language: str) -> dict[str, str]:
    """What a title block says, by field."""
    year, month, day = rng.randint(2015, 2026), rng.randint(1, 12), rng.randint(1, 28)
    number = rng.choice(("{}-{:04d}", "{}{:05d}", "{}-{:03d}-01")).format(
        rng.choice(("MD", "TS", "A", "PJ12", "DW", "KX")), rng.randint(1, 9999) % 1000
    )
    mark = rng.choice(("-", ".", "/"))
    return {
        "title": rng.choice(TITLES[language]),
        "drawing_number": number,
        "material": rng.choice(MATERIALS),
        "company": rng.choice(COMPANIES[language]),
        "scale": rng.choice(("1:1", "1:2", "2:1", "1:5", "1:10", "NTS")),
        "sheet": f"{rng.randint(1, 3)}/{rng.randint(3, 5)}",
        "date": f"{year}{mark}{month:02d}{mark}{day:02d}",
        "revision": rng.choice(("A", "B", "C", "0", "1", "2", "R1")),
        "drawn": rng.choice(PEOPLE[language]),
        "checked": rng.choice(PEOPLE[language]),
        "approved": rng.choice(PEOPLE[language]),
        "weight": f"{rng.uniform(0.1, 80):.2f} kg",
    }


PART_HEADS = {"en": ("NO", "PART NAME", "MATERIAL", "QTY", "REMARK"), "ko": ("번호", "품명", "재질", "수량", "비고")}
PART_WIDTHS = 0.09, 0.33, 0.23, 0.1, 0.25
"""Shares of the table's width."""
REMARKS = ("", "", "M8x25", "KS B 1002", "HRC 45-50", "OIL SEAL", "PLATED")


def parts_list(pen: Pen, room: Room) -> Room:
    """A parts list that stands on the title block; gives the box of both."""
    rng = pen.rng
    rows = rng.randint(2, 7)
    lines = [
        (str(place + 1), rng.choice(TITLES[pen.style.language]), rng.choice(MATERIALS),
         str(rng.choice((1, 1, 2, 4, 8))), rng.choice(REMARKS))
        for place in range(rows)
    ]  # fmt: skip
    table(pen, "parts", room.x0, room.y0, room.width, 7.0, [*reversed(lines), PART_HEADS[pen.style.language]])
    return Room(room.x0, room.y0 - 40, room.x1, room.y0 + 7.0 * (rows + 1))


def table(pen: Pen, kind: str, x: float, y: float, width: float, row_mm: float, lines: Sequence[Sequence[str]]) -> None:
    """Rows from the bottom up. x, y: of the lower left corner."""
    edges = [x]
    for share in PART_WIDTHS:
        edges.append(edges[-1] + share * width)
    cells = []
    for place, line in enumerate(lines):
        low, high = y + place * row_mm, y + (place + 1) * row_mm
        for column, words in enumerate(line):
            box = edges[column], low, edges[column + 1], high
            pen.box("table", *box)
            note = Note(text=words, alphabet="text", role="cell", name=kind)
            middle = (edges[column] + edges[column + 1]) / 2, (low + high) / 2
            handles = (pen.text(note, middle, 2.4, align="middle", lettering=PANEL),) if words else ()
            row = len(lines) - 1 - place
            cells.append(GroupCell(box=corners(*box), handles=handles, row=row, column=column))
    whole = corners(x, y, x + width, y + row_mm * len(lines))
    pen.groups.append(Group(kind=kind, box=whole, cells=tuple(cells)))


SENTENCES = {
    "en": (
        "ALL DIMENSIONS IN MILLIMETRES", "REMOVE ALL BURRS AND SHARP EDGES", "UNSPECIFIED CHAMFERS C0.5",
        "GENERAL TOLERANCES ISO 2768-mK", "HEAT TREATMENT HRC 55-60", "SURFACE: BLACK OXIDE", "DO NOT SCALE",
    ),
    "ko": (
        "일반공차: KS B 0412 중급", "지시없는 모따기 C0.5", "모서리 버 제거할 것", "열처리: HRC 55~60",
        "도금: 무전해 니켈",        "지시없는 필렛 R0.3", "표면 흑착색 처리",
    ),
}  # fmt: skip


def _remarks(pen: Pen, room: Room) -> float:
    """General notes from the bottom up; gives their height in millimetres."""
    rng = pen.rng
    said = rng.sample(SENTENCES[pen.style.language], rng.randint(2, 4))
    lines = ["NOTES" if pen.style.language == "en" else "주기", *(f"{i + 1}. {one}" for i, one in enumerate(said))]
    step = 5.0
    for place, line in enumerate(reversed(lines)):
        note = Note(text=line, alphabet="text", role="note")
        pen.text(note, (room.x0, room.y0 + 5 + step * place), 2.8, lettering=PANEL)
    return step * len(lines) + 5

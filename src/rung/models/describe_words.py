"""The words of descriptions by rules, in English and in Korean: Korean where the drawing's title block has Hangul."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """steps: by the rules' own name. gauges: of diameters and of other lengths, each for tolerances up to 0.02 mm, up
    to 0.1 mm and wider. machine, long_gauge: of what is longer than a hand tool, for tolerances up to 0.1 mm and wider.
    headings: by the answer's own name, for plain words. characteristics: empty: their own names."""

    steps: Mapping[str, str]
    because: str
    more: str
    limits: str
    bores: tuple[str, str, str]
    lengths: tuple[str, str, str]
    machine: str
    long_gauge: str
    thread: str
    roughness: str
    angle: str
    characteristics: Mapping[str, str]
    datums: str
    frame: str
    headings: Mapping[str, str]
    nothing: str

    def characteristic(self, name: str) -> str:
        """`total-runout` in words."""
        return self.characteristics.get(name, name.replace("-", " "))

    def heading(self, name: str) -> str:
        """`qc_checklist` in words."""
        return self.headings.get(name, name.replace("_", " "))


ENGLISH: Final = Words(
    steps={
        "turn": "turning or boring",
        "drill": "drilling",
        "mill": "milling or facing",
        "thread": "threading",
        "chamfer": "chamfering",
        "grind": "grinding or honing",
        "heat": "heat treatment",
        "finish": "finishing",
    },
    because="it says {texts}",
    more=" and {count} more",
    limits=" ({least:.6g} to {most:.6g} {unit})",
    bores=(
        "an air gauge, a snap gauge or a coordinate measuring machine",
        "a micrometer or a bore gauge",
        "a calliper",
    ),
    lengths=("a micrometer or a coordinate measuring machine", "a micrometer or a height gauge", "a calliper"),
    machine="a coordinate measuring machine",
    long_gauge="a coordinate measuring machine or a long calliper",
    thread="a go and a no-go thread gauge",
    roughness="a roughness tester",
    angle="a bevel protractor or a coordinate measuring machine",
    characteristics={"profile-line": "profile of a line", "profile-surface": "profile of a surface"},
    datums=" to {letters}",
    frame="{characteristic}{datums}; a coordinate measuring machine or a dial gauge",
    headings={},
    nothing="nothing was read",
)
KOREAN: Final = Words(
    steps={
        "turn": "선삭 또는 보링",
        "drill": "드릴 가공",
        "mill": "밀링 또는 평면 가공",
        "thread": "나사 가공",
        "chamfer": "모따기",
        "grind": "연삭 또는 호닝",
        "heat": "열처리",
        "finish": "표면 처리",
    },
    because="도면 표기: {texts}",
    more=" 외 {count}건",
    limits=" ({least:.6g}~{most:.6g} {unit})",
    bores=("에어 게이지, 한계 게이지 또는 3차원 측정기", "마이크로미터 또는 보어 게이지", "버니어 캘리퍼스"),
    lengths=("마이크로미터 또는 3차원 측정기", "마이크로미터 또는 하이트 게이지", "버니어 캘리퍼스"),
    machine="3차원 측정기",
    long_gauge="3차원 측정기 또는 대형 캘리퍼스",
    thread="통과·정지 나사 게이지",
    roughness="표면 거칠기 측정기",
    angle="각도기 또는 3차원 측정기",
    characteristics={
        "straightness": "진직도",
        "flatness": "평면도",
        "circularity": "진원도",
        "cylindricity": "원통도",
        "profile-line": "선의 윤곽도",
        "profile-surface": "면의 윤곽도",
        "perpendicularity": "직각도",
        "angularity": "경사도",
        "parallelism": "평행도",
        "position": "위치도",
        "concentricity": "동심도",
        "symmetry": "대칭도",
        "circular-runout": "원주 흔들림",
        "total-runout": "온 흔들림",
    },
    datums=", 데이텀 {letters} 기준",
    frame="{characteristic}{datums}; 3차원 측정기 또는 다이얼 게이지",
    headings={
        "information_block": "표제란",
        "dimensions": "치수",
        "manufacturing_process": "가공 공정",
        "qc_checklist": "검사 항목",
    },
    nothing="읽은 것 없음",
)


def words_for(texts: Sequence[str]) -> Words:
    """Korean where one of the texts has a syllable of Hangul."""
    return KOREAN if any("가" <= sign <= "힣" for text in texts for sign in text) else ENGLISH

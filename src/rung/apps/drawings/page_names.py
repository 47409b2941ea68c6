"""What the names in an answer are called on the drawings page, in the visitor's language.

A name is a code of the API (`profile-line`, `drawing_number`). One that stands in no table here, a class of the user's
own detector or a field of a newer server, is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from rung.console.words import LANGUAGES, Language, Words

Noun = Literal[
    "type",
    "form",
    "characteristic",
    "field",
    "part",
    "symbol",
    "variant",
    "zone",
    "class",
    "step",
    "engine",
    "difficulty",
    "sample",
]

NAMES: Mapping[Noun, Words] = {
    "type": {
        "length": ("length", "길이"),
        "diameter": ("diameter", "지름"),
        "radius": ("radius", "반지름"),
        "angle": ("angle", "각도"),
        "thread": ("thread", "나사"),
        "chamfer": ("chamfer", "모따기"),
        "roughness": ("roughness", "표면거칠기"),
        "size": ("size", "가로×세로"),
        "square": ("square", "정사각형 변"),
        "thickness": ("thickness", "두께"),
        "arc": ("arc", "원호 길이"),
        "depth": ("depth", "깊이"),
        "counterbore": ("counterbore", "카운터보어"),
        "countersink": ("countersink", "카운터싱크"),
        "taper": ("taper", "테이퍼"),
    },
    "form": {
        "plain": ("plain", "일반 치수"),
        "reference": ("reference", "참고 치수"),
        "basic": ("basic", "이론적으로 정확한 치수"),
    },
    "characteristic": {
        "straightness": ("straightness", "진직도"),
        "flatness": ("flatness", "평면도"),
        "circularity": ("circularity", "진원도"),
        "cylindricity": ("cylindricity", "원통도"),
        "profile-line": ("profile of a line", "선의 윤곽도"),
        "profile-surface": ("profile of a surface", "면의 윤곽도"),
        "perpendicularity": ("perpendicularity", "직각도"),
        "angularity": ("angularity", "경사도"),
        "parallelism": ("parallelism", "평행도"),
        "symmetry": ("symmetry", "대칭도"),
        "position": ("position", "위치도"),
        "concentricity": ("concentricity", "동심도"),
        "circular-runout": ("circular runout", "원주 흔들림"),
        "total-runout": ("total runout", "온 흔들림"),
    },
    "field": {
        "drawing_number": ("drawing number", "도면번호"),
        "part_number": ("part number", "품번"),
        "title": ("title", "품명"),
        "project": ("project", "프로젝트"),
        "customer": ("customer", "고객사"),
        "company": ("company", "회사명"),
        "revision": ("revision", "개정"),
        "material": ("material", "재질"),
        "scale": ("scale", "척도"),
        "date": ("date", "날짜"),
        "sheet": ("sheet", "매수"),
        "size": ("size", "용지 크기"),
        "quantity": ("quantity", "수량"),
        "weight": ("weight", "중량"),
        "unit": ("unit", "단위"),
        "projection": ("projection", "투상법"),
        "tolerance": ("tolerance", "일반공차"),
        "finish": ("finish", "표면처리"),
        "heat_treatment": ("heat treatment", "열처리"),
        "drawn": ("drawn", "제도"),
        "checked": ("checked", "검도"),
        "approved": ("approved", "승인"),
    },
    "part": {
        "border": ("border", "윤곽선"),
        "title-block": ("title block", "표제란"),
        "table": ("table", "표"),
        "frame": ("geometric tolerance", "기하공차"),
        "view": ("view", "투상도"),
        "symbol": ("symbol", "기호"),
    },
    "symbol": {
        "surface": ("surface finish", "표면거칠기 기호"),
        "balloon": ("balloon", "부품 번호 풍선"),
        "weld": ("weld", "용접 기호"),
        "datum": ("datum", "데이텀"),
        "boxed": ("boxed text", "테두리 안 문자"),
    },
    "zone": {
        "width": ("width", "폭"),
        "diameter": ("diameter", "지름"),
        "sphere": ("sphere", "구"),
    },
    "variant": {
        "basic": ("basic", "기본"),
        "removal": ("removal", "제거 가공"),
        "prohibited": ("removal prohibited", "제거 가공 금지"),
        "circle": ("circle", "원형"),
        "fillet": ("fillet", "필릿"),
        "v-butt": ("V butt", "V형 맞대기"),
        "square-butt": ("square butt", "I형 맞대기"),
        "plug": ("plug", "플러그"),
    },
    "class": {
        "contour": ("contour", "외형선"),
        "text": ("text", "문자"),
        "dimension": ("dimension", "치수선"),
        "other": ("other", "기타 선"),
    },
    "step": {
        "layout": ("layout", "도면 배치"),
        "upright": ("upright", "도면 방향"),
        "frames": ("frames", "기하공차"),
        "text-layer": ("text layer", "파일에 든 문자"),
        "find-text": ("find text", "문자 찾기"),
        "dimensions": ("dimensions", "치수"),
        "read": ("read", "문자 읽기"),
        "read dimension": ("read dimension", "치수 읽기"),
        "read frame": ("read frame", "기하공차 읽기"),
        "read text": ("read text", "일반 문자 읽기"),
        "read hangul": ("read hangul", "한글 읽기"),
        "read cells": ("read cells", "표의 칸 읽기"),
        "cluster": ("cluster", "판독 위치 모으기"),
        "tables": ("tables", "표"),
        "title-block": ("title block", "표제란"),
        "views": ("views", "투상도와 기호"),
        "segment": ("segment", "선 분류"),
        "classify-strokes": ("classify strokes", "선 분류"),
        "survey": ("survey", "파일 열기"),
        "open_page": ("open page", "쪽 열기"),
        "prepared": ("prepared", "그림 다듬기"),
        "rows": ("rows", "칸의 줄 찾기"),
        "circled": ("circled", "품번 풍선 확인"),
        "annotated_png": ("annotated png", "표시된 쪽 그리기"),
        "annotated_pdf": ("annotated pdf", "표시된 도면 그리기"),
        "workbook": ("workbook", "엑셀 만들기"),
        "dimensions_csv": ("dimensions csv", "치수 CSV 만들기"),
        "table_csv": ("table csv", "표 CSV 만들기"),
        "compute": ("compute", "계산"),
    },
    "difficulty": {
        "keyway": ("keyway", "키홈"),
        "groove": ("groove", "홈"),
        "thread": ("thread", "나사"),
        "grinding": ("grinding", "연삭"),
        "lapping": ("lapping", "래핑"),
        "boring": ("boring", "보링"),
        "slot": ("slot", "슬롯"),
        "hole": ("hole", "구멍"),
        "chamfer": ("chamfer", "모따기"),
        "assembly": ("assembly", "조립"),
        "stainless steel": ("stainless steel", "스테인리스강"),
        "chrome-molybdenum steel": ("chrome-molybdenum steel", "크롬몰리브덴강"),
        "babbitt": ("babbitt", "배빗"),
        "thin wall": ("thin wall", "얇은 벽"),
        "large": ("large", "대형"),
        "not given": ("not given", "주어지지 않음"),
    },
    "sample": {
        "1-bush-and-flanges": ("bush and flanges", "부시와 플랜지"),
        "2-shaft-in-korean": ("shaft, in Korean", "축 (한글 도면)"),
        "3-scan": ("scan", "스캔"),
        "sheet": ("sheet", "도면 한 장"),
    },
    "engine": {"rules": ("rules", "규칙"), "person": ("person", "사람"), "notation": ("notation", "표기 규칙")},
}
_BY = " by "
"""Before the engine, in the name of a step that several engines do."""


def named(noun: Noun, name: str, language: Language) -> str:
    """What it is called."""
    known = NAMES[noun].get(name)
    return known[LANGUAGES.index(language)] if known else name.replace("_", " ")


def step_named(step: str, language: Language) -> str:
    """A step's name; `read dimension by reader` keeps its engine."""
    name, by, engine = step.partition(_BY)
    said = named("step", name, language)
    return said if not by else f"{said}{_BY}{engine}" if language == "en" else f"{said} ({engine})"


def engines_named(engine: str, language: Language) -> str:
    """Who read it; several are joined by a plus."""
    return " + ".join(named("engine", one, language) for one in engine.split(" + "))

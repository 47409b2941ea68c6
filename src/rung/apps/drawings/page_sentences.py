"""The server's sentences about a drawing, in Korean for those who read it: what could not be read and why, what was
understood without being written, what the page must tell.

The API says them in English, and most have no code beside them: each is known here by its form. A sentence that is not
known is shown in English as it came, which is better than nothing said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from rung.apps.drawings.page_names import named
from rung.console.words import Language

SENTENCES: Mapping[str, str] = {
    # --- why a place is unread
    "nothing could be read": "아무것도 읽지 못했습니다",
    "nothing could be read ({why})": "아무것도 읽지 못했습니다 ({why})",
    "no reason is known": "이유를 알 수 없음",
    "read with a confidence of {sure}, and {least} is asked for": "확신도 {sure}: 기준 {least}보다 낮습니다",
    "it is no dimension, and no words could be read": "치수가 아니며, 문자도 읽지 못했습니다",
    "read as {said}, which is far shorter than what stands there": "{said}: 적혀 있는 글보다 훨씬 짧게 읽혔습니다",
    "no sign was told in it": "알아볼 수 있는 글자가 없습니다",
    "this reader knows dimensions and frames, no other words": "이 판독기는 치수와 기하공차만 읽습니다",
    "no text was found in it": "문자를 찾지 못했습니다",
    "nothing stands in it": "빈 칸입니다",
    "row {row}, column {column} of a table: {why}": "표 {row}행 {column}열: {why}",
    "a {symbol}: {why}": "기호 ({symbol}): {why}",
    "read as {said}, which is no size of a weld": "{said}: 용접 치수의 표기가 아닙니다",
    "cell {cell} of a feature control frame: {why}": "기하공차 틀의 {cell}번째 칸: {why}",
    "a feature control frame, and no reader of its signs could be asked: {why}": (
        "기하공차 틀이지만, 기호를 읽을 판독기를 쓸 수 없습니다: {why}"
    ),
    "reading pictures is switched off": "그림 판독이 꺼져 있습니다",
    # --- what is wrong with a feature control frame
    "a characteristic is expected, and {said} is none of the fourteen": (
        "기하공차 기호가 있어야 하는데, {said}: 열네 가지 기호가 아닙니다"
    ),
    "{characteristic} needs a tolerance, and there is no second cell": (
        "{characteristic}: 공차값이 필요한데 둘째 칸이 없습니다"
    ),
    "a tolerance is expected, and {said} is none: it ends too early": (
        "공차값이 있어야 하는데, {said}: 중간에서 끊겼습니다"
    ),
    "a tolerance is expected, and {said} is none: {sign} cannot stand there": (
        "공차값이 있어야 하는데, {said}: {sign} 자리가 맞지 않습니다"
    ),
    "{characteristic} has no round zone, and {said} begins with one": (
        "{characteristic}: 지름 공차역을 쓸 수 없는데, {said}에 지름 기호가 있습니다"
    ),
    "a datum is expected, and {said} is none": "데이텀이 있어야 하는데, {said}: 데이텀이 아닙니다",
    "{characteristic} is of form and has no datum": "{characteristic}: 모양 공차에는 데이텀을 쓰지 않습니다",
    "{characteristic} needs a datum, and there is none": "{characteristic}: 데이텀이 필요한데 없습니다",
    "a frame has at most {most} datums, and there are {count}": "데이텀은 최대 {most}개인데 {count}개가 있습니다",
    # --- what was understood of a dimension without being written, and what may be meant instead
    "only limits are written; the nominal size is their middle": (
        "허용 한계만 적혀 있어, 그 가운데를 기준 치수로 보았습니다"
    ),
    "the lower deviation is not written; it is taken as 0": "아래 치수 허용차가 없어 0으로 보았습니다",
    "the upper deviation is not written; it is taken as 0": "위 치수 허용차가 없어 0으로 보았습니다",
    "ISO 286 has no limits for {fit} at {size}": "ISO 286에 {size}의 {fit} 허용차가 없습니다",
    "{fit} at {size} mm is {limits} by ISO 286; what is written differs": (
        "{fit} ({size} mm): ISO 286에서는 {limits}인데, 적힌 값이 다릅니다"
    ),
    "the comma parts thousands, as others on this sheet do": "쉼표는 이 도면의 다른 곳처럼 천 단위 구분입니다",
    "the comma may be a decimal point": "쉼표가 소수점일 수 있습니다",
    "the comma may part thousands instead of decimals": "쉼표가 소수점이 아니라 천 단위 구분일 수 있습니다",
    "× may stand for a count of angles instead of a chamfer": "×는 모따기가 아니라 각도의 개수일 수 있습니다",
    "× may stand for a count or for two sides": "×는 개수 또는 두 변일 수 있습니다",
    "the same signs are also written for a {type}": "같은 표기를 {type}에도 씁니다",
    "a zero before figures may be a misread diameter sign": "숫자 앞의 0은 잘못 읽은 지름 기호일 수 있습니다",
    "{sign} before figures may be a misread diameter sign": "숫자 앞의 {sign}: 잘못 읽은 지름 기호일 수 있습니다",
    "the lower deviation is missing, so + may be a misread ±": (
        "아래 치수 허용차가 없으므로, +는 잘못 읽은 ±일 수 있습니다"
    ),
    "{fit} and {other} differ in height only": "{fit}, {other}: 글자 높이만 다릅니다",
    "letters may be misread figures": "글자는 잘못 읽은 숫자일 수 있습니다",
    "{sign} at the end may be a stroke of the drawing": "끝의 {sign}: 도면의 선일 수 있습니다",
    "{sign} at the beginning may be a stroke of the drawing": "앞의 {sign}: 도면의 선일 수 있습니다",
    "the closing bracket may not have been read": "닫는 괄호를 읽지 못했을 수 있습니다",
    "the opening bracket may not have been read": "여는 괄호를 읽지 못했을 수 있습니다",
    "a datum is named twice": "같은 데이텀이 두 번 있습니다",
    "engines differ here, the most weight first: {said}": "엔진마다 다르게 읽었습니다 (유력한 순): {said}",
    # --- what is to be said of a row of a parts list
    "its colour cannot be told; it is taken for a part": "색을 알 수 없어 부품으로 보았습니다",
    "no name could be read in this row": "이 행의 품명을 읽지 못했습니다",
    "no quantity could be read": "수량을 읽지 못했습니다",
    "the quantity {said} cannot be understood": "수량을 이해할 수 없습니다: {said}",
    # --- what makes a part difficult
    "inner / outer = {ratio} > {most}": "내경/외경 = {ratio} > {most}",
    "outer diameter {outer} > {most} mm": "외경 {outer} > {most} mm",
    # --- what a person wrote
    "as it was read": "처음 읽은 값",
    "{before} was verified here, and {text} is read now": "{before}: 확인된 값, {text}: 지금 읽은 값",
    "there is no text": "문자가 없습니다",
    "{said} is the beginning of a dimension and ends too early": "{said}: 치수의 앞부분이며 중간에서 끊겼습니다",
    "{said} is no dimension: {sign} cannot stand at the beginning": (
        "{said}: 치수가 아닙니다. {sign}: 맨 앞에 올 수 없습니다"
    ),
    "{said} is no dimension: {sign} cannot stand after {before}": (
        "{said}: 치수가 아닙니다. {sign}: {before} 뒤에 올 수 없습니다"
    ),
    "{said} is no dimension: an angle has at most {most}": "{said}: 치수가 아닙니다. 각도는 최대 {most}입니다",
    # --- what the page must tell
    "page {page} is blank": "{page}쪽은 비어 있습니다",
    "page {page}: figures {height} pixels high; below {least} many are misread: send it at 200 dpi or more": (
        "{page}쪽의 글자 높이가 {height}픽셀입니다. {least}픽셀보다 낮으면 잘못 읽는 글자가 많습니다. "
        "200 dpi 이상으로 올려 주십시오"
    ),
    "page {page} does not lie upright: it was turned by {degrees} degrees with the clock to be read, and places are"
    " those of the turned page": (
        "{page}쪽이 바로 놓여 있지 않아 시계 방향으로 {degrees}도 돌려서 읽었습니다. 위치는 돌린 쪽을 기준으로 합니다"
    ),
    "page {page} has light lines on a dark ground; it is read with both exchanged": (
        "{page}쪽은 어두운 바탕에 밝은 선이어서, 반전하여 읽었습니다"
    ),
    "page {page} is rendered at {used} dpi, as {wanted} would be over {most} pixels": (
        "{page}쪽: {wanted} dpi로는 {most}픽셀을 넘어 {used} dpi로 그렸습니다"
    ),
    "page {page} is read at {used} dpi instead of {wanted}, as it has more than {most} pixels; positions are in pixels"
    " of the smaller picture": (
        "{page}쪽: {most}픽셀이 넘어 {wanted} dpi 대신 {used} dpi로 읽었습니다. 위치는 줄인 그림의 픽셀입니다"
    ),
    "page {page} is read at {used} dpi instead of {wanted} (assumed: the file does not say), as it has more than {most}"
    " pixels; positions are in pixels of the smaller picture": (
        "{page}쪽: {most}픽셀이 넘어 {wanted} dpi(파일에 없어 가정한 값) 대신 {used} dpi로 읽었습니다."
        " 위치는 줄인 그림의 픽셀입니다"
    ),
    "the page is turned by {degrees} degrees; it was set straight to be read": (
        "{degrees}° 기울어져 있어 바로잡아 읽었습니다"
    ),
    "what was read is not kept, so it cannot be reviewed: {why}": "판독 결과를 보관하지 못해 검토할 수 없습니다: {why}",
    "{variant} could not be asked, which reads this best: {why}": "가장 잘 읽는 {variant}: 쓸 수 없었습니다. {why}",
    "{done} of {all} pages read": "{all}쪽 중 {done}쪽 읽음",
    # --- who answered, and why not another
    "the highest rung of the ladder": "사다리의 가장 높은 단",
    "the highest rung that is set up": "설정된 가장 높은 단",
    "forced by configuration; {why}": "설정으로 지정됨; {why}",
    "passed over {why}": "제외됨: {why}",
    "{variant}: nobody has run it here, with its real weights or with random ones": (
        "{variant}: 이 컴퓨터에서 실행해 본 적이 없음"
    ),
    "{variant}: the request asks for {other}": "{variant}: 요청에서 지정한 것은 {other}",
    "no rung of {task} can answer": "{task}: 답할 수 있는 모델이 없습니다",
    "no rung of {task} can answer: {why}": "{task}: 답할 수 있는 모델이 없습니다. {why}",
    # --- what cannot be done
    "file: nothing could be found on {pages} with ocr=false, as the file itself holds no text; leave ocr on": (
        "찾은 것이 없습니다 ({pages}): 파일에 문자가 없는데 그림 판독이 꺼져 있습니다. 그림 판독을 켜 주세요"
    ),
    "file: nothing could be found on {pages}: it is blank, or nothing on it looks like a drawing's text; if it is not,"
    " send it with more dots per inch, or with clahe=true": (
        "찾은 것이 없습니다 ({pages}): 빈 도면이거나 도면 문자로 보이는 것이 없습니다. 그렇지 않다면 더 높은 해상도로"
        " 보내거나, 명암 고르게 하기를 켜 보세요"
    ),
    "file: the picture is damaged and cannot be decoded ({error}); save it again": (
        "그림 파일이 손상되어 열 수 없습니다 ({error}). 다시 저장해 주세요"
    ),
    "file: the picture cannot be opened ({error}); save it again": (
        "그림 파일을 열 수 없습니다 ({error}). 다시 저장해 주세요"
    ),
    "pages: there is no page {page}; the file has {has}": "{page}쪽이 없습니다. 파일의 쪽: {has}",
    "the file has {count} pages, and one call reads at most {most}: choose them, such as {example}, and send the file"
    " again for the rest": "파일이 {count}쪽인데, 한 번에 최대 {most}쪽을 읽습니다. 나누어 보내 주세요",
    "file: page {page} of the PDF cannot be rendered ({error}); print it to a new PDF": (
        "PDF의 {page}쪽을 그릴 수 없습니다 ({error}). 새 PDF로 인쇄해 주세요"
    ),
    "file: the PDF is encrypted and wants a password; save it without one and send that": (
        "PDF에 암호가 걸려 있습니다. 암호 없이 저장해서 보내 주세요"
    ),
    "file: the PDF cannot be opened ({error}); print it to a new PDF, or send a picture of it": (
        "PDF를 열 수 없습니다 ({error}). 새 PDF로 인쇄하거나 그림으로 보내 주세요"
    ),
    "file: the PDF has no pages": "PDF에 쪽이 없습니다",
    "file: the DXF cannot be read ({error}); save it again as DXF R2010, or as PDF": (
        "DXF를 읽을 수 없습니다 ({error}). DXF R2010이나 PDF로 다시 저장해 주세요"
    ),
    "file: the DXF is broken: it ends before its end mark (EOF), so a part of it is missing; send it again in full, or"
    " save it as DXF R2010 or as PDF": (
        "DXF가 손상되었습니다. 끝 표시(EOF)가 없어 일부가 빠졌습니다. 전체를 다시 보내거나"
        " DXF R2010이나 PDF로 저장해 주세요"
    ),
    "file: the DXF holds nothing that is drawn: its model space and layouts are empty": (
        "DXF에 그려진 것이 없습니다. 모형 공간과 배치가 비어 있습니다"
    ),
    "file: the DXF holds nothing that is drawn: its model space and layouts are empty ({what} cannot be drawn here)": (
        "DXF에 그려진 것이 없습니다. 모형 공간과 배치가 비어 있습니다 (그릴 수 없는 객체: {what})"
    ),
    "file: the DXF has blocks that hold themselves, or more than {most} in each other; explode or purge its blocks, or"
    " save it as PDF": (
        "DXF에 자기 자신을 포함하는 블록이 있거나 블록이 {most}단계보다 깊게 겹칩니다. 블록을 분해하거나 정리하거나"
        " PDF로 저장해 주세요"
    ),
    "file: the DXF draws more than {most} things, the copies of its blocks counted; save the drawing without what is"
    " not needed, or as PDF": (
        "DXF의 객체가 블록 복사본을 포함해 {most}개를 넘습니다. 필요 없는 것을 빼거나 PDF로 저장해 주세요"
    ),
    "the DXF names another encoding than that of its letters; they are read as {encoding}": (
        "DXF에 적힌 문자 인코딩이 실제와 달라 {encoding}(으)로 읽었습니다"
    ),
    "dimensions of the DXF that have no picture are drawn by what they measure: {count}": (
        "그림 블록이 없어 측정값으로 그린 DXF 치수: {count}개"
    ),
    "page {page} is the layout {name} of the DXF": "{page}쪽: DXF의 배치 {name}",
    "page {page} is the layout {name} of the DXF; what its windows show of the model space is on page 1": (
        "{page}쪽: DXF의 배치 {name}. 뷰포트로 보이는 모형 공간은 1쪽에 있습니다"
    ),
    "entities of the DXF that cannot be drawn here are left out: {what}": "그릴 수 없어 빠진 DXF 객체: {what}",
    "the letters of the DXF are {height} mm high by its units; they are taken to be printed {printed} mm high, and the"
    " resolution is that of such a print": (
        "DXF의 단위로는 문자 높이가 {height} mm입니다. {printed} mm로 인쇄된 것으로 보고 해상도를 정했습니다"
    ),
    "what lies far off the texts of the DXF is left out, as the page could not be read otherwise": (
        "DXF의 문자에서 멀리 떨어진 것은 뺐습니다. 그대로는 읽을 수 없기 때문입니다"
    ),
    "what lies far off the texts of the DXF is left out, as the page could not be read otherwise; texts among it"
    " ({count}): {texts}": (
        "DXF의 문자에서 멀리 떨어진 것은 뺐습니다. 그대로는 읽을 수 없기 때문입니다. 빠진 문자 ({count}): {texts}"
    ),
}
"""English form -> Korean form; {what is in braces} is whatever stands there."""


def in_language(sentence: str, language: Language) -> str:
    """The server's sentence in the visitor's language; as it came where its form is not known."""
    if language == "en":
        return sentence
    return _in_korean(sentence) or "; ".join(_in_korean(part) or part for part in sentence.split("; "))


def _in_korean(sentence: str) -> str:
    """Empty: its form is not known."""
    for form, korean in _forms():
        if found := form.fullmatch(sentence):
            return korean.format(**{key: _filled(key, text) for key, text in found.groupdict().items()})
    return ""


def _filled(key: str, text: str) -> str:
    """What stands in a place of a sentence: another sentence, a name, or a text that is the drawing's own."""
    fill = _FILLED.get(key)
    return fill(text) if fill else text


_FILLED: Mapping[str, Callable[[str], str]] = {
    "why": lambda text: in_language(text, "ko"),
    "characteristic": lambda text: named("characteristic", text, "ko"),
    "type": lambda text: named("type", text, "ko"),
    "symbol": lambda text: named("symbol", text, "ko"),
    "task": lambda text: named("step", text, "ko"),
    "said": lambda text: "빈 칸" if text == "nothing" else text,
    "pages": lambda text: text.removeprefix("page ") + "쪽",
}


_FITTING = dict.fromkeys(("characteristic", "type", "symbol", "variant", "task"), r"[\w.-]+")
"""What may stand in places that hold a name; anything in the others."""


@cache
def _forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Those that begin with the most words first: another would take a beginning that it does not know for its own."""
    by_beginning = sorted(SENTENCES.items(), key=lambda pair: (-len(pair[0].partition("{")[0]), -len(pair[0])))
    return tuple((_pattern(english), korean) for english, korean in by_beginning)


def _pattern(form: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", form)
    return re.compile("".join(_place(piece) if at % 2 else re.escape(piece) for at, piece in enumerate(pieces)))


def _place(key: str) -> str:
    return f"(?P<{key}>{_FITTING.get(key, '.+')})"

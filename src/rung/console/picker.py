"""Owns how a visitor's picture reaches the server: straight to `POST /v1/files`, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nicegui.element import Element


class Picker(Element, component="static/picker.js"):
    """A button that sends a picture to the API; where `wide`, dropping and pasting on the page do the same.

    The browser sends the bytes to the API itself, so its limits of bytes and pixels hold before anything is decoded,
    and no second copy passes through the page. on_opened gets the API's answer (file, url, width, height) and the
    file's name; on_refused the sentence of the problem document.
    """

    def __init__(
        self,
        *,
        label: str,
        sending: str,
        on_opened: Callable[[Mapping[str, Any]], Any],
        on_refused: Callable[[str], Any],
        wide: bool = False,
        drop: str = "",
    ) -> None:
        super().__init__()
        self._props.update(label=label, sending_label=sending, drop_label=drop, wide=wide)
        self.on("opened", lambda event: on_opened(event.args))
        self.on("refused", lambda event: on_refused(str(event.args)))

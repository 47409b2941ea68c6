"""Owns how a visitor's picture reaches the server: straight to `POST /v1/files`, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nicegui.element import Element


class Picker(Element, component="static/picker.js"):
    """A button that sends a picture to the API; where `wide`, dropping and pasting on the page do the same. Where
    `several`, many may be chosen or dropped at once; each is sent, and told of, by itself.

    The browser sends the bytes to the API itself, so its limits of bytes and pixels hold before anything is decoded,
    and no second copy passes through the page. on_opened gets the API's answer (file, url, width, height) and the
    file's name; on_refused the sentence of the problem document. accept: what the browser offers to choose, as media
    types and endings.
    """

    def __init__(
        self,
        *,
        label: str,
        sending: str,
        on_opened: Callable[[Mapping[str, Any]], None],
        on_refused: Callable[[str], None],
        wide: bool = False,
        drop: str = "",
        several: bool = False,
        accept: str = "image/png,image/jpeg,image/webp",
    ) -> None:
        super().__init__()
        self._props.update(
            label=label, sending_label=sending, drop_label=drop, wide=wide, several=several, accept=accept
        )
        self._on_opened, self._on_refused = on_opened, on_refused
        self.on("sent", lambda event: self._sent(event.args))

    def _sent(self, told: Mapping[str, Any]) -> None:
        """In one event, since the first picture may take this button off the page; what was refused is said last."""
        for ref in told["opened"]:
            self._on_opened(ref)
        if told["refused"]:
            self._on_refused(" ".join(told["refused"]))

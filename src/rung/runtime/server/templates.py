"""Decides which URL a callback's template means: `{estimateId}` in it stands for the input's `estimate_id`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from pydantic import BaseModel

from rung.runtime.errors import InvalidInput
from rung.runtime.server.options import unknown

_PLACE = re.compile(r"\{([A-Za-z0-9_]*)\}")
_FIELD = "options.callback"


def callback_url(template: str, input: BaseModel) -> str:
    """The template with every `{name}` replaced by the input's field of that name, percent-encoded.

    `{estimateId}` and `{estimate_id}` are the same. Raises InvalidInput for a name that is no text or whole number of
    the input, for one that was not given, and for one in the part that says which server is asked.
    """
    server, path = _parted(template)
    if _PLACE.search(server):
        raise InvalidInput(
            f"{_FIELD}: a name in braces stands in the path only, not in the server's name", field=_FIELD
        )
    values = {name: getattr(input, name) for name in type(input).model_fields}
    return server + _PLACE.sub(lambda found: _value(found[1], values), path)


def _parted(template: str) -> tuple[str, str]:
    """Scheme and server, and all that follows."""
    found = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*", template)
    end = found.end() if found else len(template)
    return template[:end], template[end:]


def _value(name: str, values: Mapping[str, object]) -> str:
    field = re.sub(r"(?<=[a-z0-9])[A-Z]", lambda capital: "_" + capital[0], name).lower()
    value = values.get(field)
    if value is None and field in values:
        raise InvalidInput(f"{_FIELD}: {{{name}}} stands for {field}, which is not given", field=_FIELD)
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        plain = [one for one, held in values.items() if isinstance(held, int | str) and not isinstance(held, bool)]
        raise InvalidInput(f"{_FIELD}: {unknown('field', name, plain)}", field=_FIELD)
    return quote(str(value), safe="")

"""Owns the login page: a key is shown once, and a cookie stands for it until the visitor leaves.

Plain HTML without a script: whoever has not shown a key gets none of the web library.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from html import escape
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

import rung
from rung.console.logo import LOGO
from rung.console.mount import STATIC
from rung.console.words import COOKIE as LANGUAGE_COOKIE
from rung.console.words import FRAME, LANGUAGES, NAMES, Language, language_of, say
from rung.runtime.errors import InvalidInput, RateLimited, StoreError, Unauthorized
from rung.runtime.server.auth import Door, caller_of, session_in
from rung.runtime.server.body import Intake
from rung.runtime.server.errors import HttpProblem
from rung.runtime.server.sessions import COOKIE, LASTS_S

LOGIN, LOGOUT = "/login", "/logout"
PUBLIC = frozenset({LOGIN, LOGOUT, f"/{STATIC}/rung.css", "/favicon.ico"})
"""The console's paths that are open to all: the way in, and how it looks."""
_BODY = 4096
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
}


class Login:
    """The endpoints. places: the paths that a visitor may be sent on to; no other address is ever followed."""

    def __init__(self, door: Door, places: Collection[str]) -> None:
        self._door = door
        self._places = frozenset(places)
        self._intake = Intake()

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route(LOGIN, self.show),
            Route(LOGIN, self.enter, methods=["POST"]),
            Route(LOGOUT, self.leave, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The form; whoever needs none is sent on."""
        to = self._place(request.query_params.get("to", ""))
        if caller_of(request).scopes:
            return _sent(to)
        chosen = request.query_params.get("language", "")
        language = next((one for one in LANGUAGES if one == chosen), language_of(request))
        answer = _page(language, to)
        if chosen == language:
            answer.set_cookie(LANGUAGE_COOKIE, language, max_age=365 * 86400, samesite="lax")
        return answer

    async def enter(self, request: Request) -> Response:
        """A right key opens a session; with a wrong one the form comes back and says so."""
        origin = _origin(request)
        fields = await self._fields(request)
        to, secret, language = self._place(fields.get("to", "")), fields.get("key", "").strip(), language_of(request)
        try:
            await self._door.recognised(secret, request.client.host if request.client else "")
        except Unauthorized:
            return _page(language, to, "wrong_key", 401)
        except RateLimited:
            return _page(language, to, "too_many_keys", 429)
        except StoreError:
            return _page(language, to, "no_answer", 503)
        self._door.sessions.end(session_in(request.headers))
        answer = _sent(to)
        answer.set_cookie(
            COOKIE,
            self._door.sessions.begin(secret),
            max_age=int(LASTS_S),
            httponly=True,
            samesite="strict",
            secure=origin.startswith("https:"),  # behind a proxy that speaks TLS; only the browser knows
        )
        return answer

    async def leave(self, request: Request) -> Response:
        """The session is over, in every tab."""
        _origin(request)
        self._door.sessions.end(session_in(request.headers))
        answer = _sent(LOGIN)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    def _place(self, to: str) -> str:
        return to if to in self._places else "/"

    async def _fields(self, request: Request) -> dict[str, str]:
        body = await self._intake.read(request, _BODY)
        try:
            found = parse_qs(body.decode("ascii"), max_num_fields=8)
        except ValueError as error:
            raise InvalidInput("the form cannot be read") from error
        return {name: values[0] for name, values in found.items()}


def _origin(request: Request) -> str:
    """Where the form was; that it is ours, the guard has seen. Raises HttpProblem where the browser does not say."""
    if "origin" not in request.headers:
        raise HttpProblem(403, "the form must be sent from its own page (no Origin header)")
    return request.headers["origin"]


def _sent(to: str) -> Response:
    return RedirectResponse(to, 303, {"Cache-Control": "no-store"})


def _page(language: Language, to: str, trouble: str = "", status: int = 200) -> HTMLResponse:
    def text(key: str) -> str:
        return re.sub(r"`(.+?)`", r"<code>\1</code>", escape(say(FRAME, language, key)))

    banner = f'<div class="rung-banner rung-error" role="alert">{text(trouble)}</div>' if trouble else ""
    return HTMLResponse(
        f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rung · {text("enter")}</title>
<link rel="icon" href="/favicon.ico">
<link rel="stylesheet" href="/{STATIC}/rung.css?v={rung.__version__}">
</head>
<body class="rung-plain">
<header class="rung-header">
<div class="rung-brand"><div class="rung-logo">{LOGO}</div><div>Rung</div></div>
<span class="rung-grow"></span>
<div class="rung-languages" aria-label="{text("language")}">{_languages(language, to)}</div>
</header>
<main class="rung-main">
<form class="rung-login" method="post" action="{LOGIN}">
<h1>{text("enter")}</h1>
<p>{text("enter_lead")}</p>
{banner}
<label for="key">{text("key")}</label>
<input id="key" name="key" type="password" placeholder="rung_…" autocomplete="current-password" maxlength="200"
 spellcheck="false" required autofocus>
<input name="to" type="hidden" value="{escape(to)}">
<button type="submit">{text("enter")}</button>
</form>
</main>
</body>
</html>""",
        status,
        _HEADERS,
    )


def _languages(language: Language, to: str) -> str:
    links = []
    for one in LANGUAGES:
        current = ' aria-current="true"' if one == language else ""
        links.append(f'<a href="{LOGIN}?to={escape(to)}&amp;language={one}" lang="{one}"{current}>{NAMES[one]}</a>')
    return "".join(links)

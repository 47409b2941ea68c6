"""Owns the files that one request names by URL: together they hold no more, and take no longer, than one may."""

from __future__ import annotations

import asyncio

from rung.runtime.errors import FetchFailed, InvalidInput, RungError, TooLarge, UrlRefused
from rung.runtime.fetch import Fetcher


class UrlFiles:
    """One for a request. fetcher: None where nothing is fetched. limit: bytes of all its files, as of a body's."""

    def __init__(self, fetcher: Fetcher | None, limit: int) -> None:
        self._fetcher = fetcher
        self._limit = limit
        self._left = limit
        self._until: float | None = None

    async def read(self, name: str, url: str) -> bytes:
        """The file for the field of that name. Raises UrlRefused, FetchFailed, TooLarge, each naming the field."""
        if self._fetcher is None:
            raise UrlRefused(
                f"{name}: fetching files from URLs is switched off here; send the file itself, or have the operator set"
                " inputs = true under [fetch] in rung.toml",
                field=name,
            )
        loop = asyncio.get_running_loop()
        if self._until is None:
            self._until = loop.time() + self._fetcher.timeout_s
        try:
            async with asyncio.timeout_at(self._until):
                found = await self._fetcher.get(url, limit_bytes=self._left)
        except TimeoutError as late:
            seconds = self._fetcher.timeout_s
            raise FetchFailed(f"{name}: the request's URLs were not fetched within {seconds:g} s", field=name) from late
        except TooLarge as error:
            raise TooLarge(f"{name}: {error.message}", field=name, limit=self._limit) from error
        except (InvalidInput, FetchFailed) as error:
            raise _about(name, error) from error
        self._left -= len(found.data)
        return found.data


def _about(name: str, error: RungError) -> RungError:
    return type(error)(f"{name}: {error.message}", field=name)

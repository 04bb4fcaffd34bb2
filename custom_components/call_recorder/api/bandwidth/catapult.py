"""Asks Bandwidth Catapult: credentials, pace, errors, and pages of its lists.

Sources: ap-docs errors.md and rateLimits/resourceRateLimits.md; for the Link header
methods/messages/getMessages.md and the vendor's SDKs' tests.
"""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
import re
from typing import Any, Final
from urllib.parse import quote
from weakref import WeakKeyDictionary

from aiohttp import ClientSession
from yarl import URL

from ..errors import (
    AccessError,
    CannotConnectError,
    ErrorKey,
    InvalidAuthError,
    RefusedError,
    UnexpectedResponseError,
)
from ..parsing import as_int, as_object, as_text, parse_rows
from ..transport import (
    AudioDownload,
    Reply,
    Transport,
    clamp_retry_after,
    parse_origin,
    path_segment,
)

DEFAULT_URL: Final = "https://api.catapult.inetwork.com"
MAX_SIZE: Final = 1000
"""Rows of a page at most ("List Recordings", size)."""

REQUEST_INTERVAL: float = 1.0
"""Seconds that an endpoint wants between two requests (resourceRateLimits.md)."""
_LONGEST_QUEUE: Final = 5.0
"""Seconds. Who would have to wait longer for the vendor's limit is told so."""
_MILLISECONDS_FROM: Final = 10**11
"""An epoch this large is in milliseconds: in seconds it would be the year 5138."""

_LINK: Final = re.compile(
    r"""<([^<>]*)>((?:\s*;\s*[^\s=;,"'<>]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s;,"'<>]*))?)*)"""
)
_REL: Final = re.compile(
    r""";\s*rel\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;,"'<>]*))""", re.IGNORECASE
)

type Place = Mapping[str, str]
"""The query that leads to a page of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page[Item]:
    """A page of a list."""

    rows: tuple[Item, ...]
    """Those that could be read, in the list's order."""
    count: int
    """All of them."""
    next: Place | None
    """Where the list goes on; `None` at its end."""
    now: datetime
    """The recorder's clock."""


@dataclass(slots=True)
class _Endpoint:
    """What one endpoint of an account allows."""

    turn: asyncio.Lock
    free_at: float = 0.0
    """Loop time of the next request."""
    penalty: float = 0.0
    """Seconds that the last request was told to wait besides (429)."""


# The limit is the account's: a form's client and an entry's must share it.
_ENDPOINTS: Final[WeakKeyDictionary[ClientSession, dict[str, _Endpoint]]] = (
    WeakKeyDictionary()
)


class Catapult:
    """One Catapult account."""

    def __init__(self, session: ClientSession, settings: Mapping[str, Any]) -> None:
        """Take `user_id`, `api_token`, `api_secret` and perhaps `url`."""
        origin = parse_origin(settings.get("url") or DEFAULT_URL)
        token, secret = settings["api_token"].strip(), settings["api_secret"].strip()
        credentials = b64encode(f"{token}:{secret}".encode()).decode()
        self._root = f"/v1/users/{quote(settings['user_id'].strip(), safe='')}"
        self._base = origin.with_path(self._root, encoded=True)
        self._endpoints = _ENDPOINTS.setdefault(session, {})
        self._transport = Transport(
            session,
            origin,
            {"Accept": "application/json", "Authorization": f"Basic {credentials}"},
        )

    async def get(self, *path: str, query: Place | None = None) -> Reply:
        """Ask once. Only 400, 404 and 410 are left to the caller to judge."""
        reply = await self._request("GET", path, query=query)
        if reply.status == HTTPStatus.FORBIDDEN:
            raise AccessError(ErrorKey.INSUFFICIENT_PERMISSIONS)
        if reply.status not in (
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.GONE,
        ):
            reply.raise_for_read()
        return reply

    async def get_page[Item](
        self,
        *path: str,
        parse: Callable[[dict[str, Any]], Item],
        place: Place,
        strict: bool = True,
    ) -> Page[Item]:
        """Read a page of a list; not `strict` lets it have no readable row.

        Raises `CannotConnectError` (`unknown_address`) when there is no such list.
        """
        reply = await self.get(*path, query=place)
        if not reply.is_success:
            if error_code(reply) == "user-not-found":
                raise InvalidAuthError
            if reply.status == HTTPStatus.BAD_REQUEST:
                raise UnexpectedResponseError(f"HTTP {reply.status}")
            raise CannotConnectError(f"HTTP {reply.status}", unknown_address=True)
        rows, count = read_rows(reply, parse, strict=strict)
        return Page(
            rows=rows,
            count=count,
            next=_next_place(reply, self._base.joinpath(*path), place, count),
            now=reply.server_time,
        )

    async def post(self, *path: str, body: Any) -> Reply:
        """Send an order once; its refusal is left to the caller to judge."""
        return await self._request("POST", path, body=body)

    @asynccontextmanager
    async def download(self, *path: str) -> AsyncGenerator[AudioDownload]:
        """Open a sound ("Download Media"); it may be read while others are asked for."""
        async with self._turn(path[0]):
            pass
        async with self._transport.download(
            self._address(path), raise_failure=_raise_for_sound
        ) as sound:
            yield sound

    def _address(self, path: tuple[str, ...]) -> str:
        """Write the path of a resource."""
        return "/".join((self._root, *map(path_segment, path)))

    @asynccontextmanager
    async def _turn(self, name: str) -> AsyncGenerator[_Endpoint]:
        """Wait until an endpoint may be asked.

        The interval counts from the answer: what the network delays cannot bring
        two requests closer together than they left.
        """
        endpoint = self._endpoints.setdefault(
            f"{self._base}/{name}", _Endpoint(asyncio.Lock())
        )
        clock = asyncio.get_running_loop().time
        async with endpoint.turn:
            if (delay := endpoint.free_at - clock()) > _LONGEST_QUEUE:
                raise CannotConnectError("rate limit", retry_after=delay)
            if delay > 0:
                await asyncio.sleep(delay)
            try:
                yield endpoint
            finally:
                endpoint.free_at = clock() + REQUEST_INTERVAL + endpoint.penalty
                endpoint.penalty = 0.0

    async def _request(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: Place | None = None,
        body: Any = None,
    ) -> Reply:
        """Send a request when it is its turn."""
        async with self._turn(path[0]) as endpoint:
            reply = await self._transport.request(
                method, self._address(path), query=query, body=body
            )
            if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
                endpoint.penalty = _rate_limit_reset(reply) or 0.0
        _raise_for_account(reply)
        return reply


def page_place(page: int, size: int) -> Place:
    """Name a page by its number, from 0 on."""
    return {"page": str(page), "size": str(size)}


def read_rows[Item](
    reply: Reply, parse: Callable[[dict[str, Any]], Item], *, strict: bool = True
) -> tuple[tuple[Item, ...], int]:
    """Read a bare array (or a single object); also tell how many rows it has."""
    rows = reply.json()
    if isinstance(rows, dict):
        rows = [rows]
    if not isinstance(rows, list):
        raise UnexpectedResponseError("no list")
    try:
        return parse_rows(rows, parse), len(rows)
    except UnexpectedResponseError:
        if strict:
            raise
        return (), len(rows)


def error_code(reply: Reply) -> str | None:
    """Return the code of an error (errors.md)."""
    return as_text(error_body(reply).get("code"))


def error_body(reply: Reply) -> dict[str, Any]:
    """Return the body of an error, or an empty one."""
    try:
        return as_object(reply.json())
    except UnexpectedResponseError:
        return {}


def _raise_for_account(reply: Reply) -> None:
    """Raise what concerns every request: credentials and pace."""
    if reply.status == HTTPStatus.UNAUTHORIZED:
        raise InvalidAuthError
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise CannotConnectError("HTTP 429", retry_after=_rate_limit_reset(reply))


def _raise_for_sound(reply: Reply) -> None:
    """Raise why there is no sound."""
    _raise_for_account(reply)
    if reply.status == HTTPStatus.FORBIDDEN:
        raise RefusedError(ErrorKey.NOT_AUTHORIZED)
    if reply.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise RefusedError(ErrorKey.RECORDING_NOT_FOUND)
    reply.raise_for_read()


def _rate_limit_reset(reply: Reply) -> float | None:
    """Return the seconds to wait, 1 s to 15 min; `None` where they are not told.

    The header is documented as a "UNIX timestamp", and its sample and all SDKs have
    milliseconds. The body's details repeat it.
    """
    details = error_body(reply).get("details")
    told = [reply.headers.get("X-RateLimit-Reset")] + [
        as_object(detail).get("value")
        for detail in (details if isinstance(details, list) else ())
        if as_object(detail).get("name") == "rateLimitResetTime"
    ]
    for epoch in filter(None, map(as_int, told)):
        seconds = epoch / 1000 if epoch >= _MILLISECONDS_FROM else epoch
        return clamp_retry_after(seconds - reply.server_time.timestamp())
    return reply.retry_after


def _next_place(reply: Reply, base: URL, asked: Place, count: int) -> Place | None:
    """Return where the list goes on: by its Link, or else because the page is full."""
    if not count:
        return None
    told = next_link(
        [value for name, value in reply.headers.items() if name.lower() == "link"],
        base,
    )
    # Carries on what the list is filtered by, if the Link does not say it again.
    carried = {name: value for name, value in asked.items() if name != "page"}
    following: Place | None = None
    if "page" in asked:
        following = {**asked, "page": str(int(asked["page"]) + 1)}
    if told is not None:
        place = {**carried, **told}
        return following if place in (carried, asked) else place
    return following if count >= int(asked["size"]) else None


def next_link(links: list[str], base: URL) -> Place | None:
    """Return the query of rel="next" (RFC 8288), `None` where there is none.

    It has to lead to the list that was asked (`base`), at the same host. Spellings:
    getMessages.md; python-bandwidth's (relative), node-bandwidth's (single quotes)
    and csharp-bandwidth's tests (one without `;`, which is no link).
    """
    for target, parameters in _LINK.findall(", ".join(links)):
        rel = _REL.search(parameters)
        if rel is None or "next" not in "".join(rel.groups("")).lower().split():
            continue
        try:
            url = base.join(URL(target))
        except ValueError:
            continue
        if (
            url.host == base.host
            and url.explicit_port in (None, base.port)
            and url.path.rstrip("/") == base.path
        ):
            return dict(url.query)
    return None

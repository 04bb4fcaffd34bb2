"""Requests to Bandwidth Catapult: credentials, pace, errors, and pages of its lists.

Sources: ap-docs errors.md and rateLimits/resourceRateLimits.md; for the Link header
methods/messages/getMessages.md and the vendor's SDKs' tests.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote
from weakref import WeakKeyDictionary

from aiohttp import ClientSession
from yarl import URL

from ..audio import AudioDownload
from ..errors import (
    AccessError,
    CannotConnectError,
    ErrorKey,
    InvalidAuthError,
    RefusedError,
    UnexpectedResponseError,
)
from ..parsing import as_int, as_object, as_text, check_count
from ..reply import Reply, clamp_retry_after
from ..row_cache import RowCache
from ..transport import Transport, basic_auth, parse_address, path_segment
from . import DEFAULT_URL
from .pace import Pace

API_PATH: Final = "/v1/users"
MAX_SIZE: Final = 1000
"""Rows of a page at most ("List Recordings", size)."""

REQUEST_INTERVAL: Final = 1.0
"""Seconds that an endpoint wants between two requests (resourceRateLimits.md)."""
_MOST_DETAILS: Final = 20
"""Details of an error that are looked at; the samples have up to five."""
_MILLISECONDS_FROM: Final = 10**11
"""An epoch this large is in milliseconds: in seconds it would be the year 5138."""

type PageQuery = Mapping[str, str]
"""The parameters that name a page of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page[Item]:
    """A page of a list."""

    rows: tuple[Item, ...]
    """Those that could be read, in the list's order."""
    count: int
    """All of them."""
    next: PageQuery | None
    """The page that follows; `None` at the end of the list."""
    now: datetime
    """The recorder's clock."""


# The limit is the account's: a form's client and an entry's must share it.
_PACES: Final[WeakKeyDictionary[ClientSession, dict[str, Pace]]] = WeakKeyDictionary()


class Catapult:
    """One Catapult account."""

    def __init__(
        self,
        session: ClientSession,
        settings: Mapping[str, Any],
        *,
        request_interval: float = REQUEST_INTERVAL,
    ) -> None:
        """Take `user_id`, `api_token`, `api_secret` and perhaps `url`.

        `request_interval` is the least time in seconds between two requests to one
        endpoint.
        """
        address = parse_address(settings.get("url") or DEFAULT_URL, API_PATH)
        token, secret = settings["api_token"].strip(), settings["api_secret"].strip()
        self._root = f"{API_PATH}/{quote(settings['user_id'].strip(), safe='')}"
        self._request_interval = request_interval
        self._paces = _PACES.setdefault(session, {})
        self._transport = Transport(
            session,
            address,
            {
                "Accept": "application/json",
                "Authorization": basic_auth(token, secret),
            },
        )
        self._base = self._transport.url(self._root)

    async def get(
        self, *path: str, query: PageQuery | None = None, is_urgent: bool = False
    ) -> Reply:
        """Send one GET and return its reply, a 400, 404 or 410 too.

        An urgent request goes before all that wait and are not.
        """
        reply = await self._request("GET", path, query=query, is_urgent=is_urgent)
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
        query: PageQuery,
        strict: bool = True,
        is_urgent: bool = False,
        cache: RowCache[Item] | None = None,
    ) -> Page[Item]:
        """Read a page of a list; not `strict` lets it have no readable row.

        Rows that `cache` knows are not parsed again. Raises `CannotConnectError` (`unknown_address`) when there is no such list.
        """
        reply = await self.get(*path, query=query, is_urgent=is_urgent)
        if not reply.is_success:
            if error_code(reply) == "user-not-found":
                raise InvalidAuthError
            if reply.status == HTTPStatus.BAD_REQUEST:
                raise UnexpectedResponseError(f"HTTP {reply.status}")
            raise CannotConnectError(f"HTTP {reply.status}", unknown_address=True)
        rows, count = await read_rows(reply, parse, strict=strict, cache=cache)
        return Page(
            rows=rows,
            count=count,
            next=_next_query(reply, self._base.joinpath(*path), query, count),
            now=reply.server_time,
        )

    async def post(self, *path: str, body: Any) -> Reply:
        """Send a command once and return its reply, a refusal too."""
        return await self._request("POST", path, body=body, is_urgent=True)

    @asynccontextmanager
    async def download(self, *path: str) -> AsyncGenerator[AudioDownload]:
        """Open an audio file ("Download Media").

        Other requests may be sent while it is read.
        """
        async with self._pace(path[0]).turn(self._request_interval):
            pass
        async with self._transport.download(
            self._address(path), raise_failure=_raise_for_audio
        ) as audio:
            yield audio

    def _address(self, path: tuple[str, ...]) -> str:
        """Return the path of a resource."""
        return "/".join((self._root, *map(path_segment, path)))

    def _pace(self, name: str) -> Pace:
        """Return the pace of an endpoint ("/recordings", "/calls", "/media")."""
        return self._paces.setdefault(f"{self._base}/{name}", Pace())

    async def _request(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: PageQuery | None = None,
        body: Any = None,
        is_urgent: bool = False,
    ) -> Reply:
        """Send a request when it is its turn."""
        pace = self._pace(path[0])
        async with pace.turn(self._request_interval, is_urgent=is_urgent):
            reply = await self._transport.request(
                method, self._address(path), query=query, body=body
            )
            if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
                pace.penalty = _rate_limit_reset(reply) or 0.0
        _raise_for_account(reply)
        return reply


def page_query(page: int, size: int) -> PageQuery:
    """Return the parameters of a page; the first one has the number 0."""
    return {"page": str(page), "size": str(size)}


async def read_rows[Item](
    reply: Reply,
    parse: Callable[[dict[str, Any]], Item],
    *,
    strict: bool = True,
    cache: RowCache[Item] | None = None,
) -> tuple[tuple[Item, ...], int]:
    """Read a bare array (or a single object); also return how many rows it has.

    Raises `UnexpectedResponseError` for more rows than a page can have.
    """
    rows = reply.json()
    if isinstance(rows, dict):
        rows = [rows]
    if not isinstance(rows, list):
        raise UnexpectedResponseError("no list")
    check_count(rows, MAX_SIZE)
    try:
        return await (cache or RowCache()).parse(rows, parse), len(rows)
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


def _raise_for_audio(reply: Reply) -> None:
    """Raise why there is no audio."""
    _raise_for_account(reply)
    if reply.status == HTTPStatus.FORBIDDEN:
        raise RefusedError(ErrorKey.NOT_AUTHORIZED)
    if reply.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise RefusedError(ErrorKey.RECORDING_NOT_FOUND)
    reply.raise_for_read()


def _rate_limit_reset(reply: Reply) -> float | None:
    """Return the seconds to wait, 1 s to 15 min; `None` where they are not stated.

    The header is documented as a "UNIX timestamp", and its sample and all SDKs have
    milliseconds. The body's details repeat it.
    """
    details = error_body(reply).get("details")
    stated = [reply.headers.get("X-RateLimit-Reset")] + [
        as_object(detail).get("value")
        for detail in (details[:_MOST_DETAILS] if isinstance(details, list) else ())
        if as_object(detail).get("name") == "rateLimitResetTime"
    ]
    for epoch in filter(None, map(as_int, stated)):
        seconds = epoch / 1000 if epoch >= _MILLISECONDS_FROM else epoch
        return clamp_retry_after(seconds - reply.server_time.timestamp())
    return reply.retry_after


def _next_query(
    reply: Reply, base: URL, asked: PageQuery, count: int
) -> PageQuery | None:
    """Return the page that follows: by the Link, or else because this one is full."""
    if not count:
        return None
    following: PageQuery | None = None
    # A Link may have led here, with any text for a number.
    if (page := as_int(asked.get("page"))) is not None:
        following = {**asked, "page": str(page + 1)}
    linked = _linked_query(reply, base)
    if linked is None:
        is_full = count >= (as_int(asked.get("size")) or MAX_SIZE)
        return following if is_full else None
    # Carries on what the list is filtered by, if the Link does not repeat it.
    carried = {name: value for name, value in asked.items() if name != "page"}
    query = {**carried, **linked}
    return following if query in (carried, asked) else query


def _linked_query(reply: Reply, base: URL) -> PageQuery | None:
    """Return the query of rel="next" if it leads to the same list at the same host.

    Samples: getMessages.md, and the tests of the vendor's SDKs.
    """
    url = reply.links.get("next")
    if (
        url is None
        or url.host != base.host
        or url.explicit_port not in (None, base.port)
        or url.path.rstrip("/") != base.path
    ):
        return None
    return dict(url.query)

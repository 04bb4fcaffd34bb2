"""Asterisk's REST interface (ARI): the recordings that it has stored.

Sources: Asterisk's documentation, "Asterisk REST Data Models" and "Recordings REST
API". There are no pages, no filters, and no facts but name and format.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from http import HTTPStatus
import logging
from typing import Any, Final
from urllib.parse import quote

from aiohttp import ClientSession

from ..audio import AudioDownload
from ..errors import (
    AccessError,
    CannotConnectError,
    ErrorKey,
    InvalidAuthError,
    RefusedError,
    UnexpectedResponseError,
)
from ..parsing import as_id, as_object, parse_rows
from ..reply import Reply
from ..transport import Transport, basic_auth, parse_address

_LOGGER = logging.getLogger(__name__)

API_PATH: Final = "/ari"
_STORED: Final = f"{API_PATH}/recordings/stored"
MOST_STORED: Final = 100_000
"""Recordings of one list, which is read whole."""
_HEADER: Final = 44
"""Bytes of a WAV file's header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """What is known of a file before it is read."""

    size: int | None
    """In bytes."""
    header: bytes
    """The first 44 bytes; fewer when there are no more."""


class Ari:
    """Reads from one server, as one user."""

    def __init__(self, session: ClientSession, settings: Mapping[str, Any]) -> None:
        """Take `ari_url`, `ari_username` and `ari_password`."""
        username = str(settings.get("ari_username") or "").strip()
        self._transport = Transport(
            session,
            parse_address(settings["ari_url"], API_PATH),
            {
                "Accept": "application/json",
                "Authorization": basic_auth(
                    username, str(settings.get("ari_password") or "")
                ),
            },
        )

    async def check(self) -> None:
        """Sign in. Raises as `list_names` does."""
        query = {"only": "system"}
        reply = await self._transport.request(
            "GET", f"{API_PATH}/asterisk/info", query=query
        )
        _raise_failure(reply)
        if not isinstance(reply.json(), dict):
            raise UnexpectedResponseError("no object")

    async def list_stored(self) -> Reply:
        """Read the whole list: about 95 bytes a recording.

        Raises `InvalidAuthError`, and `AccessError` with `api_disabled` when the
        server has no ARI, or is still starting.
        """
        reply = await self._transport.request("GET", _STORED)
        _raise_failure(reply)
        return reply

    async def look_at(self, name: str) -> StoredFile:
        """Ask for a file, and break off after its header: HEAD is not understood.

        Raises `RefusedError` with `recording_not_found`.
        """
        async with self.download(name) as audio:
            header = b""
            async for chunk in audio.chunks:
                header += chunk
                if len(header) >= _HEADER:
                    break
            return StoredFile(size=audio.size, header=header[:_HEADER])

    def download(self, name: str) -> AbstractAsyncContextManager[AudioDownload]:
        """Open the audio of a recording."""
        return self._transport.download(
            f"{_STORED}/{quote(name, safe='')}/file", raise_failure=_raise_failure
        )


def parse_names(reply: Reply) -> list[str]:
    """Read the list's names; slow for a long list.

    Raises `UnexpectedResponseError` when it is no list, when it has more than
    `MOST_STORED` rows, and when no row can be read.
    """
    rows = reply.json()
    if not isinstance(rows, list):
        raise UnexpectedResponseError("no list")
    return list(parse_rows(rows, _parse_name, limit=MOST_STORED))


def _parse_name(row: dict[str, Any]) -> str:
    """Return a recording's name; `ValueError` for a row without one."""
    if (name := as_id(row.get("name"))) is None:
        raise ValueError("no name")
    return name


def _raise_failure(reply: Reply) -> None:
    """Raise what a failed request means."""
    if reply.status == HTTPStatus.UNAUTHORIZED:
        raise InvalidAuthError
    if reply.status == HTTPStatus.FORBIDDEN:
        raise AccessError(ErrorKey.INSUFFICIENT_PERMISSIONS)
    if reply.status == HTTPStatus.NOT_FOUND:
        if "html" in reply.headers.get("Content-Type", ""):
            raise AccessError(ErrorKey.API_DISABLED)
        if as_object(reply.json()).get("message") == "Recording not found":
            raise RefusedError(ErrorKey.RECORDING_NOT_FOUND)
        # Asterisk has loaded a part of ARI only.
        raise CannotConnectError("no such resource")
    reply.raise_for_read()

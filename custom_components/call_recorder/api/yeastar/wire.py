"""One request to a Yeastar PBX, and what its errcodes mean.

Source: "API Request Overview" and "Error Code and Error Message" of the P-Series
developer guide. Other Yeastar products use the same numbers for other things.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

from aiohttp import ClientSession
from yarl import URL

from ..errors import (
    AccessError,
    CannotConnectError,
    ErrorKey,
    RecorderError,
    RefusedError,
    UnexpectedResponseError,
)
from ..parsing import as_int
from ..transport import Transport

BASE: Final = "/openapi/v1.0"

IP_BLOCKED_WAIT: Final = 15 * 60.0
"""Seconds in which nothing is asked of a PBX that has blocked us."""


class Errcode(IntEnum):
    """The errcodes that mean something to us."""

    INTERNAL_SERVER_ERROR = -2
    FAILURE = -1
    SUCCESS = 0
    INTERFACE_NOT_EXISTED = 10001
    API_VERSION_OUT_OF_MAINTENANCE = 10002
    UNSUPPORTED = 10003
    TOKEN_EXPIRED = 10004
    ACCESS_DENIED = 10005
    DATA_NOT_FOUND = 60001
    MAX_LIMITATION_EXCEEDED = 60002
    ACCOUNT_IP_BLOCKED = 70004
    IP_FORBIDDEN = 70087
    API_UNAVAILABLE = 70123
    CHANNEL_ID_NOT_FOUND = 70130
    OPERATION_NOT_SUPPORTED = 70132


_ABSENT: Final = (
    Errcode.INTERFACE_NOT_EXISTED,
    Errcode.API_VERSION_OUT_OF_MAINTENANCE,
    Errcode.UNSUPPORTED,
)
IP_BLOCKED: Final = (Errcode.ACCOUNT_IP_BLOCKED, Errcode.IP_FORBIDDEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A JSON object with its errcode, which is 0 for a success."""

    errcode: int
    fields: Mapping[str, Any]
    server_time: datetime

    def error(self) -> RecorderError | None:
        """Return what the errcode means, whatever was asked; `None` for the others."""
        if self.errcode in (Errcode.FAILURE, Errcode.INTERNAL_SERVER_ERROR):
            return CannotConnectError(f"errcode {self.errcode}")
        if self.errcode in _ABSENT:
            return RefusedError(ErrorKey.NOT_SUPPORTED, code=str(self.errcode))
        if self.errcode == Errcode.ACCESS_DENIED:
            return AccessError(ErrorKey.INSUFFICIENT_PERMISSIONS)
        if self.errcode in IP_BLOCKED:
            return AccessError(ErrorKey.IP_BLOCKED, retry_after=IP_BLOCKED_WAIT)
        if self.errcode == Errcode.API_UNAVAILABLE:
            return AccessError(ErrorKey.API_DISABLED)
        return None


class Wire:
    """Asks one PBX."""

    def __init__(self, session: ClientSession, address: URL) -> None:
        """Take the address of the PBX."""
        self.transport = Transport(
            session,
            address,
            {
                "Accept": "application/json",
                # The PBX closes each connection behind its answer. Sent by us too,
                # no command goes into a connection that is just being closed.
                "Connection": "close",
                # Without a user agent every request is a PARAMETER ERROR.
                "User-Agent": "OpenAPI",
            },
        )

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Answer:
        """Send one request, once. Errors come as HTTP 200, so the errcode decides.

        Raises `UnexpectedResponseError` for what does not come from the API.
        """
        reply = await self.transport.request(
            method, f"{BASE}{path}", query=query, body=body
        )
        try:
            reply.raise_for_read()
        except CannotConnectError as err:
            # A proxy in front of the PBX may have passed it on.
            err.may_have_arrived = True
            raise
        fields = reply.json()
        errcode = as_int(fields.get("errcode")) if isinstance(fields, dict) else None
        if errcode is None:
            raise UnexpectedResponseError("no errcode")
        return Answer(errcode=errcode, fields=fields, server_time=reply.server_time)


def rows_of(value: Any) -> list[Any]:
    """Return the rows of a list, of a bare object, or of nothing.

    Raises `UnexpectedResponseError` for anything else.
    """
    if value is None:
        return []
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list):
        return value
    raise UnexpectedResponseError("no list")

"""The one token that a Yeastar client has at a time.

Sources: "Get Access Token", "Refresh Access Token" and "Revoke Access Token" of the
P-Series developer guide. A PBX issues at most eight tokens to an application, each for
half an hour. A client that loses its tokens uses up the limit for all.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
import logging
import time
from typing import Any, Final, Self, TypeGuard

from ..account_storage import AccountStorage
from ..errors import (
    AccessError,
    CannotConnectError,
    ErrorKey,
    InvalidAuthError,
    RecorderError,
    UnexpectedResponseError,
)
from ..parsing import as_int, as_object, as_text
from .wire import IP_BLOCKED, IP_BLOCKED_WAIT, Errcode, Wire

_LOGGER = logging.getLogger(__name__)

_ACCESS_TIME: Final = 1800
_REFRESH_TIME: Final = 86400
"""Lifetimes in seconds, where the PBX does not state them."""
_MARGIN: Final = 60
"""Seconds before its end at which a token is renewed, if it lives long enough."""
_TOKEN_LIMIT_WAIT: Final = 30 * 60.0
"""Seconds after which all tokens that exist now have expired."""
_RENEWAL_PAUSE: Final = 5 * 60.0
"""Seconds without another renewal after a new token was refused as well."""
_GIVE_BACK_TIME: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """An access token, and the refresh token that renews it. Times are time.time()."""

    access: str
    refresh: str
    access_until: float
    """When to renew it, a little before it expires."""
    refresh_until: float

    @classmethod
    def parse(cls, fields: Mapping[str, Any], now: float) -> Self:
        """Parse an answer of `get_token` or `refresh_token`."""
        access = as_text(fields.get("access_token"))
        if access is None:
            raise UnexpectedResponseError("no token")
        access_time = as_int(fields.get("access_token_expire_time")) or _ACCESS_TIME
        refresh_time = as_int(fields.get("refresh_token_expire_time")) or _REFRESH_TIME
        return cls(
            access=access,
            refresh=as_text(fields.get("refresh_token")) or "",
            access_until=now + access_time - min(_MARGIN, access_time / 10),
            refresh_until=now + refresh_time,
        )

    @classmethod
    def restore(cls, stored: Any) -> Self | None:
        """Return the pair that was saved; `None` when that cannot be read."""
        try:
            return cls(**as_object(stored))
        except TypeError:
            return None


class Tokens:
    """Gets, renews and revokes the token: one request at a time."""

    def __init__(
        self, wire: Wire, client_id: str, client_secret: str, storage: AccountStorage
    ) -> None:
        """Take the credentials."""
        self.is_closed = False
        self._wire = wire
        self._credentials = {"username": client_id, "password": client_secret}
        self._storage = storage
        self._lock = asyncio.Lock()
        self._no_renewal_until = 0.0
        self._failed_at = 0.0
        """By the event loop's time."""
        self._failure: RecorderError | None = None
        """Of the last try."""

    async def get(self, *, sign_in: bool = True) -> TokenPair:
        """Return a token that is valid for a while.

        Without `sign_in`, a token that cannot be renewed is a `CannotConnectError`.
        """
        return await self._get(None, sign_in=sign_in)

    async def renew(self, rejected: str) -> TokenPair:
        """Return another token than the one that the PBX refused."""
        return await self._get(rejected, sign_in=True)

    async def _get(self, rejected: str | None, *, sign_in: bool) -> TokenPair:
        """Return the token, or renew it.

        A caller that waited for the lock finds the token that was got meanwhile, or
        shares the failure: more tries would only get us blocked.
        """
        clock = asyncio.get_running_loop().time
        asked_at = clock()
        async with self._lock:
            if self.is_closed:
                raise CannotConnectError("closed")
            await self._raise_if_held(ErrorKey.IP_BLOCKED)
            pair = TokenPair.restore(await self._storage.get("tokens"))
            if self._is_valid(pair, rejected):
                return pair
            if rejected is not None and time.time() < self._no_renewal_until:
                raise CannotConnectError("tokens are refused")
            if self._failure is not None and asked_at < self._failed_at:
                raise self._failure
            try:
                renewed = await self._renew(pair, sign_in=sign_in)
            except RecorderError as err:
                self._failed_at, self._failure = clock(), err
                raise
            if renewed is None:
                raise CannotConnectError("not signed in")
            return renewed

    @staticmethod
    def _is_valid(pair: TokenPair | None, rejected: str | None) -> TypeGuard[TokenPair]:
        """Return whether a pair is there that will do for a while."""
        return (
            pair is not None
            and pair.access != rejected
            and time.time() < pair.access_until
        )

    async def _renew(
        self, pair: TokenPair | None, *, sign_in: bool
    ) -> TokenPair | None:
        """Renew a token, and only where that fails sign in, which a PBX counts.

        `None` when that is not wanted.
        """
        if pair is not None and pair.refresh and time.time() < pair.refresh_until:
            if (renewed := await self._refresh(pair)) is not None:
                return renewed
            await self._storage.set("tokens", None)
        return await self._sign_in() if sign_in else None

    async def _refresh(self, pair: TokenPair) -> TokenPair | None:
        """Renew the token (`refresh_token`); `None` when that is not possible."""
        answer = await self._wire.ask(
            "POST", "/refresh_token", body={"refresh_token": pair.refresh}
        )
        if answer.errcode == Errcode.SUCCESS:
            return await self._keep(answer.fields)
        await self._raise_for_pbx(answer.errcode)
        # No document has the code for a refresh token that has expired.
        return None

    async def _sign_in(self) -> TokenPair:
        """Get a token for the credentials (`get_token`)."""
        await self._raise_if_held(ErrorKey.TOKEN_LIMIT)
        answer = await self._wire.ask("POST", "/get_token", body=self._credentials)
        if answer.errcode == Errcode.SUCCESS:
            return await self._keep(answer.fields)
        if answer.errcode == Errcode.MAX_LIMITATION_EXCEEDED:
            await self._hold(ErrorKey.TOKEN_LIMIT, _TOKEN_LIMIT_WAIT)
        await self._raise_for_pbx(answer.errcode)
        # No document has the code for a wrong id or secret.
        raise InvalidAuthError(f"errcode {answer.errcode}")

    async def _raise_for_pbx(self, errcode: int) -> None:
        """Raise what does not depend on the credentials: a block, a failure, no API."""
        await self.raise_if_blocked(errcode)
        if errcode == Errcode.INTERNAL_SERVER_ERROR:
            raise CannotConnectError(f"errcode {errcode}")
        if errcode == Errcode.API_UNAVAILABLE:
            raise AccessError(ErrorKey.API_DISABLED)

    async def _keep(self, fields: Mapping[str, Any]) -> TokenPair:
        """Save a new pair before it is used: one that is lost stays valid."""
        pair = TokenPair.parse(fields, time.time())
        await self._storage.set("tokens", asdict(pair))
        return pair

    def reject_renewed(self) -> None:
        """Note that a token was refused that had just been renewed."""
        self._no_renewal_until = time.time() + _RENEWAL_PAUSE

    async def raise_if_blocked(self, errcode: int) -> None:
        """Raise, and send no request for a while, when the PBX has blocked us."""
        if errcode in IP_BLOCKED:
            await self._hold(ErrorKey.IP_BLOCKED, IP_BLOCKED_WAIT)

    async def _hold(self, key: ErrorKey, seconds: float) -> None:
        """Raise an error now, and again until the time is over, even after a restart."""
        until = time.time() + seconds
        await self._storage.set("hold", {"key": key, "until": until})
        await self._raise_if_held(key)

    async def _raise_if_held(self, key: ErrorKey) -> None:
        """Raise the error that was raised before, while its time is not over."""
        hold = as_object(await self._storage.get("hold"))
        until = hold.get("until")
        if hold.get("key") == key and isinstance(until, int | float):
            seconds = until - time.time()
            # A clock that was set back must not hold us for ever.
            if 0 < seconds <= _TOKEN_LIMIT_WAIT:
                raise AccessError(key, retry_after=seconds)

    async def retry_at_once(self) -> None:
        """Drop an error that would be raised again, and refused renewals."""
        self._no_renewal_until = 0.0
        if await self._storage.get("hold") is not None:
            await self._storage.set("hold", None)

    async def give_back(self) -> None:
        """Revoke the token (`del_token`). Where that fails, it is kept for next time."""
        async with self._lock:
            self.is_closed = True
            pair = TokenPair.restore(await self._storage.get("tokens"))
            if pair is None:
                return
            if time.time() < pair.access_until:
                try:
                    async with asyncio.timeout(_GIVE_BACK_TIME):
                        await self._wire.ask(
                            "GET", "/del_token", query={"access_token": pair.access}
                        )
                except (RecorderError, TimeoutError) as err:
                    _LOGGER.debug("The token could not be given back: %s", err)
                    return
            await self._storage.set("tokens", None)

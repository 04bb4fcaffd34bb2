"""Requests to a Yeastar PBX, signed with its token."""

from collections.abc import Mapping
from typing import Any

from aiohttp import ClientSession

from ..account_storage import AccountStorage
from ..client import Storage
from ..errors import CannotConnectError, ErrorKey, RefusedError, UnexpectedResponseError
from ..parsing import as_text
from ..transport import parse_address
from .tokens import Tokens
from .wire import BASE, Answer, Errcode, Wire


def account_of(settings: Mapping[str, Any]) -> str:
    """Name the PBX and the application; `ValueError` when the address is none."""
    address = str(parse_address(settings["url"], BASE))
    return f"{address}|{settings['client_id'].strip()}"


class YeastarSession:
    """Asks one PBX as one application."""

    def __init__(
        self,
        session: ClientSession,
        settings: Mapping[str, Any],
        storage: Storage | None,
    ) -> None:
        """Take `url`, `client_id` and `client_secret`."""
        self.wire = Wire(session, parse_address(settings["url"], BASE))
        self.storage = AccountStorage(storage, account_of(settings))
        self.tokens = Tokens(
            self.wire,
            settings["client_id"].strip(),
            settings["client_secret"].strip(),
            self.storage,
        )

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """Read something. "Data not found" is an answer too, without data.

        Raises `RefusedError` with `not_supported` where the firmware has no such call.
        """
        answer = await self._ask("GET", path, query=query)
        if answer.errcode in (Errcode.SUCCESS, Errcode.DATA_NOT_FOUND):
            return answer
        raise answer.error() or UnexpectedResponseError(f"errcode {answer.errcode}")

    async def post(
        self, path: str, body: Mapping[str, Any], refusals: Mapping[int, ErrorKey]
    ) -> Answer:
        """Send a command, once.

        Raises `RefusedError`: for an errcode that `refusals` names with that key, for
        another one with `request_refused`, and with `outcome_unknown` when the command
        may have taken effect although its answer is lost.
        """
        answer = await self._ask("POST", path, body=body)
        if answer.errcode == Errcode.SUCCESS:
            return answer
        if (key := refusals.get(answer.errcode)) is not None:
            raise RefusedError(key, code=str(answer.errcode))
        raise answer.error() or RefusedError.unknown(
            str(answer.errcode), as_text(answer.fields.get("errmsg"))
        )

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Answer:
        """Send a request with the token; renew a token that has ended, once."""
        pair = await self.tokens.get()
        answer = await self._send(method, path, pair.access, query, body)
        if answer.errcode == Errcode.TOKEN_EXPIRED:
            pair = await self.tokens.renew(pair.access)
            # Nothing was done then, so even a command may be repeated.
            answer = await self._send(method, path, pair.access, query, body)
            if answer.errcode == Errcode.TOKEN_EXPIRED:
                self.tokens.reject_renewed()
                raise CannotConnectError(f"errcode {answer.errcode}")
        await self.tokens.raise_if_blocked(answer.errcode)
        return answer

    async def _send(
        self,
        method: str,
        path: str,
        token: str,
        query: Mapping[str, str] | None,
        body: Any,
    ) -> Answer:
        """Send a request; the outcome of a command without a readable answer is unknown."""
        try:
            return await self.wire.ask(
                method, path, query={**(query or {}), "access_token": token}, body=body
            )
        except UnexpectedResponseError:
            if method == "GET":
                raise
        except CannotConnectError as err:
            if method == "GET" or not err.may_have_arrived:
                raise
        raise RefusedError(ErrorKey.OUTCOME_UNKNOWN)

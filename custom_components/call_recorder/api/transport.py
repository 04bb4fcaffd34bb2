"""One bounded request to one configured address.

Credentials never leave that address: a caller can only name a path below it,
redirects are not followed, and errors carry no address (a Yeastar address
holds its token).
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
import re
import socket
from typing import Any, Final
from urllib.parse import quote

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientHandlerType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ConnectionTimeoutError,
    DummyCookieJar,
    ServerDisconnectedError,
    encode_basic_auth,
    hdrs,
)
from yarl import URL

from .audio import HEAD_SIZE, AudioDownload, audio_type
from .errors import (
    CannotConnectError,
    ErrorKey,
    InvalidCertificateError,
    RefusedError,
    UnexpectedResponseError,
)
from .reply import Reply

TIMEOUT: Final = ClientTimeout(total=20, sock_connect=10)
_MAX_BODY: Final = 8 * 1024 * 1024
"""Bytes. A full page of 1,000 Bandwidth recordings is about 260 kB."""
_DOWNLOAD_TIMEOUT: Final = ClientTimeout(
    total=2 * 60 * 60, sock_connect=10, sock_read=30
)
_MAX_DOWNLOAD: Final = 1024 * 1024 * 1024
"""Bytes. An hour of the largest audio (WAV, 16 bit, 8 kHz) is about 58 MB."""
_CHUNK: Final = 64 * 1024
_MAX_ADDRESS: Final = 2048
_MAX_LINKS: Final = 4 * 1024
"""Characters of all Link headers of an answer; a list's few take some hundreds."""
_ID: Final = re.compile(r"[A-Za-z0-9._~{}=@+:-]{1,128}")
"""Characters of the recorders' ids and file names."""
_HANDSHAKE_TIME: Final = 20.0
_MAX_FRAME: Final = 1024 * 1024
_NO_SUCH_NAME: Final = {socket.EAI_NONAME, 4}
"""The system's code, and c-ares' (ARES_ENOTFOUND), which Home Assistant asks."""


def parse_address(address: str, api_path: str) -> URL:
    """Return the address below which a recorder's API is found, without a slash.

    That is scheme, host and port, and the path of a proxy in front of the recorder.
    The API's own path (`api_path`), or a part of it, may be pasted too: it and what
    follows are left out.

    Raises `ValueError` when it is no http(s) address or carries credentials.
    """
    address = address.strip()
    if not address.isprintable() or " " in address or len(address) > _MAX_ADDRESS:
        raise ValueError("not an http(s) address")
    url = parse_url(address)
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("not an http(s) address")
    require_name(url.host)
    if url.user is not None or url.password is not None:
        raise ValueError("the address carries credentials")
    segments = [segment for segment in url.raw_path.split("/") if segment]
    proxy = _before(api_path.strip("/").casefold().split("/"), segments)
    return url.origin().with_path("/".join(("", *proxy)), encoded=True)


def require_name(host: str) -> None:
    """Raise `ValueError` for a host that no name server can be asked for: `a..b`."""
    try:
        host.encode("idna")
    except UnicodeError:
        raise ValueError("not a host") from None


def parse_url(text: str) -> URL:
    """Return a URL; raises `ValueError` for a text that is none."""
    try:
        return URL(text)
    except IndexError:
        # What yarl raises for "https://[]@".
        raise ValueError("not a URL") from None


def _before(own: list[str], segments: list[str]) -> list[str]:
    """Return the segments in front of the API's own path, or of its first segments at the end."""
    for index in range(len(segments)):
        rest = map(str.casefold, segments[index:])
        if all(one == other for one, other in zip(rest, own, strict=False)):
            return segments[:index]
    return segments


def basic_auth(username: str, password: str) -> str:
    """Return the Authorization header of Basic authentication (RFC 7617)."""
    # A colon would end the name, and sign in as another user. No name has one.
    return encode_basic_auth(username.replace(":", "%3A"), password)


def path_segment(recording_id: str) -> str:
    """Return an id as a segment of a path.

    Raises `RefusedError` for an id with characters that no recorder's ids have: it
    could name another resource.
    """
    if not is_id(recording_id):
        raise RefusedError(ErrorKey.INVALID_RECORDING_ID)
    return quote(recording_id, safe="")


def is_id(text: str) -> bool:
    """Return whether a text has only characters that recorders' ids have."""
    return _ID.fullmatch(text) is not None and text not in (".", "..")


class Transport:
    """Sends requests to one address, and to no other."""

    def __init__(
        self, session: ClientSession, address: URL, headers: Mapping[str, str]
    ) -> None:
        """Take what `parse_address` returned.

        The headers (credentials) go with every request.
        """
        self._session = session
        self._address = address
        self._headers = headers

    def url(self, path: str) -> URL:
        """Return the address of a path, which is encoded already."""
        return self._address.with_path(
            f"{self._address.raw_path.rstrip('/')}{path}", encoded=True
        )

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Reply:
        """Send one request, once, and read the whole answer.

        `path` is encoded already: see `path_segment` for what comes from users.

        Raises `CannotConnectError` when there is none, `UnexpectedResponseError`
        when it is larger than 8 MiB.
        """
        url = self.url(path).with_query(query)
        with _connection_errors():
            _require_open(self._session)
            async with self._session.request(
                method,
                url,
                json=body,
                headers=self._headers,
                allow_redirects=False,
                timeout=TIMEOUT,
                middlewares=None if method == "GET" else (_send_once,),
            ) as response:
                return await _read_reply(response)

    @asynccontextmanager
    async def download(
        self,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        raise_failure: Callable[[Reply], None] = Reply.raise_for_read,
    ) -> AsyncGenerator[AudioDownload]:
        """Open a recording's audio; leaving the context closes the connection.

        `raise_failure` raises what an answer without success means.

        Raises as `request` does, and `UnexpectedResponseError` for what is no
        audio or is larger than 1 GiB.
        """
        url = self.url(path).with_query(query)
        # Compression would make the announced size another one than what comes.
        headers = {**self._headers, "Accept": "audio/*", "Accept-Encoding": "identity"}
        with _connection_errors():
            _require_open(self._session)
            response = await self._session.get(
                url, headers=headers, allow_redirects=False, timeout=_DOWNLOAD_TIMEOUT
            )
        try:
            if response.status != HTTPStatus.OK:
                with _connection_errors():
                    reply = await _read_reply(response)
                raise_failure(reply)
                raise UnexpectedResponseError(f"HTTP {response.status}")
            yield await _open_audio(response)
        finally:
            response.close()

    @asynccontextmanager
    async def websocket(
        self, path: str, *, query: Mapping[str, str] | None = None
    ) -> AsyncGenerator[ClientWebSocketResponse]:
        """Open a websocket on the same origin; leaving the context ends the connection.

        Raises `CannotConnectError` when it cannot be opened, and when it breaks inside
        the context. A frame of more than 1 MiB breaks it.
        """
        upgrades: list[ClientResponse] = []

        async def send_upgrade(
            request: ClientRequest, send: ClientHandlerType
        ) -> ClientResponse:
            """Keep the answer: it is the connection."""
            response = await _refuse_redirect(request, send)
            upgrades.append(response)
            return response

        url = self.url(path).with_query(query)
        headers = {
            name: value
            for name, value in self._headers.items()
            if name.lower() != hdrs.CONNECTION.lower()
        }
        _require_open(self._session)
        with _connection_errors():
            # A session of its own, on the given one's connections: this is where
            # aiohttp lets redirects of a websocket be refused.
            async with ClientSession(
                connector=self._session.connector,
                connector_owner=False,
                cookie_jar=DummyCookieJar(),
                middlewares=(send_upgrade,),
            ) as session:
                async with asyncio.timeout(_HANDSHAKE_TIME):
                    websocket = await session.ws_connect(
                        url,
                        headers=headers,
                        max_msg_size=_MAX_FRAME,
                    )
                try:
                    yield websocket
                finally:
                    # No handshake: aiohttp waits for its end as long as messages come.
                    for upgrade in upgrades:
                        upgrade.close()


async def _open_audio(response: ClientResponse) -> AudioDownload:
    """Read the first bytes, which show its type; the rest is read on demand."""
    # All of them: of a header that comes twice, aiohttp decodes by the last one.
    encodings = response.headers.getall(hdrs.CONTENT_ENCODING, ())
    encoding = ",".join(encodings).strip().lower()
    if encoding not in ("", "identity", "gzip", "deflate"):
        raise UnexpectedResponseError("encoded audio")
    # What is announced for an encoded answer is not the size of the audio.
    size = response.content_length if encoding in ("", "identity") else None
    if size is not None and size > _MAX_DOWNLOAD:
        raise UnexpectedResponseError("the audio is too large")
    chunks, head = _read_chunks(response, size), b""
    async for chunk in chunks:
        head += chunk
        if len(head) >= HEAD_SIZE:
            break
    return AudioDownload(
        content_type=audio_type(response.content_type, head[:HEAD_SIZE]),
        size=size,
        chunks=_chain(head, chunks),
    )


async def _read_chunks(
    response: ClientResponse, size: int | None
) -> AsyncIterator[bytes]:
    """Read audio piece by piece, up to the size limit."""
    received = 0
    with _connection_errors():
        async for chunk in response.content.iter_chunked(_CHUNK):
            received += len(chunk)
            if received > _MAX_DOWNLOAD:
                raise UnexpectedResponseError("the audio is too large")
            yield chunk
    if size is not None and received != size:
        raise CannotConnectError("another size than announced")


async def _chain(head: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what was read already, and then the rest."""
    if head:
        yield head
    async for chunk in rest:
        yield chunk


async def _read_reply(response: ClientResponse) -> Reply:
    """Read a whole answer."""
    return Reply(
        status=response.status,
        headers=response.headers.copy(),
        body=await _read_bounded(response),
        links=_read_links(response),
    )


def _read_links(response: ClientResponse) -> dict[str, URL]:
    """Return the targets of the Link header; none where one of them is no address.

    None of a header that is longer than any list's, either: it would cost too much.
    """
    if sum(map(len, response.headers.getall(hdrs.LINK, ()))) > _MAX_LINKS:
        return {}
    try:
        links = response.links.items()
        return {
            relation.lower(): parse_url(str(link["url"])) for relation, link in links
        }
    except ValueError, IndexError:
        return {}


async def _send_once(request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
    """Keep aiohttp from repeating a command (DELETE, PUT) whose answer was lost.

    The recorder would refuse the second one, although the first had taken effect.
    """
    try:
        return await send(request)
    except (ClientOSError, ServerDisconnectedError) as err:
        raise _connection_error(err) from None


async def _refuse_redirect(
    request: ClientRequest, send: ClientHandlerType
) -> ClientResponse:
    """Raise `ClientError` for an answer that redirects to another address."""
    response = await send(request)
    if 300 <= response.status < 400:
        response.close()
        raise ClientError("redirect")
    return response


async def _read_bounded(response: ClientResponse) -> bytes:
    """Read the body, and stop at the size limit."""
    chunks, size = [], 0
    async for chunk in response.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > _MAX_BODY:
            raise UnexpectedResponseError("the answer is too large")
    return b"".join(chunks)


def _require_open(session: ClientSession) -> None:
    """Raise `CannotConnectError` when Home Assistant has closed the session on its way down.

    aiohttp would raise a bare `RuntimeError`.
    """
    if session.closed:
        raise CannotConnectError("closed")


@contextmanager
def _connection_errors() -> Iterator[None]:
    """Raise what the network failed at as our own error."""
    try:
        yield
    except (ClientError, TimeoutError, OSError) as err:
        raise _connection_error(err) from None


def _connection_error(err: Exception) -> CannotConnectError:
    """Return the error; it states whether the request may have reached the recorder."""
    if isinstance(err, ClientConnectorCertificateError):
        return InvalidCertificateError(type(err).__name__)
    never_sent = isinstance(err, ClientConnectorError | ConnectionTimeoutError)
    return CannotConnectError(
        type(err).__name__,
        may_have_arrived=not never_sent,
        unknown_address=isinstance(err, ClientConnectorDNSError)
        and _is_no_such_name(err.os_error),
    )


def _is_no_such_name(err: OSError) -> bool:
    """Return whether a name does not exist; False where no name server answered."""
    # aiohttp's resolver keeps the true reason as the cause.
    reason = err.__cause__ or err
    return bool(reason.args) and reason.args[0] in _NO_SUCH_NAME

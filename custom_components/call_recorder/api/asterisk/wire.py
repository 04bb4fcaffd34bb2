"""The Asterisk Manager Interface (AMI) on the wire: blocks of lines over TCP or TLS.

Source: Asterisk's documentation, "AMI v2 Specification"; see
https://docs.asterisk.org/Configuration/Interfaces/Asterisk-Manager-Interface-AMI/.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from secrets import token_hex
import socket
import ssl
from typing import Any, Final, Self, cast, override

from ..errors import (
    CannotConnectError,
    InvalidCertificateError,
    RecorderError,
    UnexpectedResponseError,
)

type Fields = Iterable[tuple[str, str]]

CONNECT_TIME: Final = 10.0
"""Seconds in which a server is there, with its greeting."""
ANSWER_TIME: Final = 10.0
"""Seconds in which a command is answered, a list completely."""
_MAX_LINE: Final = 64 * 1024
_LINE_COST: Final = 128
"""Bytes of memory that a line takes beside its text."""
_MAX_BLOCK: Final = 1024 * 1024
"""Bytes of memory for one answer or event."""
_MAX_LIST: Final = 64 * 1024 * 1024
"""Bytes of memory for the rows of one list; a channel's row takes about 3 kB."""
_MAX_ROWS: Final = 20_000
"""Rows of one list. A PBX with 1,000 calls has about 2,000 channels."""
_TURN: Final = 128 * 1024
"""Bytes in a second after which everything else has its turn: a flood stalls nothing."""
_REST: Final = 0.05
"""Seconds of such a turn."""
_GREETING: Final = "Call Manager"
"""Part of what Asterisk and its relatives greet with."""
_UNSAFE: Final = {ord("\r"): None, ord("\n"): None, 0: None}
"""What would start a line of its own."""


@dataclass(frozen=True, slots=True)
class Message:
    """An answer, an event or a row of a list. Keys repeat; texts may be a caller's."""

    fields: tuple[tuple[str, str], ...]

    def get(self, key: str) -> str:
        """Return the first value of a key, or an empty text."""
        return next((value for name, value in self.fields if name == key), "")

    def get_all(self, key: str) -> list[str]:
        """Return all values of a key."""
        return [value for name, value in self.fields if name == key]

    @property
    def is_success(self) -> bool:
        """Return whether an answer confirms that the command was carried out."""
        return self.get("Response") in ("Success", "Goodbye")


@dataclass(slots=True)
class _Question:
    """A command that waits for its answer."""

    answer: asyncio.Future[tuple[Message, list[Message]]]
    is_list: bool
    first: Message | None = None
    rows: list[Message] = field(default_factory=list)
    size: int = 0
    """Bytes of memory that the rows take."""


class Wire(asyncio.Protocol):
    """One connection to a server's manager interface.

    A protocol and not a pair of streams: whatever arrives is taken in at once, so
    that there is no queue to bound and no task to lose.
    """

    def __init__(self, on_event: Callable[[Message], None]) -> None:
        """Take what is called with each event that belongs to no list."""
        self._on_event = on_event
        loop = asyncio.get_running_loop()
        self.greeting: asyncio.Future[None] = loop.create_future()
        """Done when the server has shown that it is one."""
        self.closed = asyncio.Event()
        """Set when the connection has ended, from either side."""
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._turn_began = 0.0
        self._since_rest = 0
        self._rest: asyncio.TimerHandle | None = None
        self._block: list[str] = []
        """Lines of an answer or event that is not complete."""
        self._block_size = 0
        self._questions: dict[str, _Question] = {}
        self._asked = 0
        self._key = token_hex(4)
        """Part of all ActionIDs: what a caller's name holds can be no answer."""

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        on_event: Callable[[Message], None],
    ) -> Self:
        """Connect, and wait for the greeting.

        Raises `CannotConnectError`, `InvalidCertificateError`, and
        `UnexpectedResponseError` when it is no manager interface that answers.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_TIME):
                _, wire = await loop.create_connection(
                    lambda: cls(on_event), host, port, ssl=tls
                )
                try:
                    await wire.greeting
                except BaseException:
                    wire.close()
                    raise
        except ssl.SSLCertVerificationError as err:
            raise InvalidCertificateError(type(err).__name__) from None
        except socket.gaierror as err:
            raise CannotConnectError(
                type(err).__name__, unknown_address=err.errno == socket.EAI_NONAME
            ) from None
        except OSError as err:
            # TimeoutError and ssl.SSLError too.
            raise CannotConnectError(type(err).__name__) from None
        return wire

    def close(self) -> None:
        """End the connection; questions that wait fail."""
        if self._transport is not None:
            self._transport.abort()
        self._end(CannotConnectError("closed", may_have_arrived=True))

    async def ask(self, action: str, fields: Fields = ()) -> Message:
        """Give a command, once, and return the answer, whether success or error.

        Raises `CannotConnectError`, with `may_have_arrived`, when there is none.
        """
        answer, _ = await self._ask(action, fields, is_list=False)
        return answer

    async def ask_list(self, action: str, fields: Fields = ()) -> list[Message]:
        """Ask for a list, and return its rows.

        Raises `CannotConnectError` when it does not come to its end, and
        `UnexpectedResponseError` when it is refused.
        """
        answer, rows = await self._ask(action, fields, is_list=True)
        if not answer.is_success:
            raise UnexpectedResponseError("no list")
        return rows

    async def _ask(
        self, action: str, fields: Fields, *, is_list: bool
    ) -> tuple[Message, list[Message]]:
        """Send a command, and wait for its answer."""
        if self._transport is None or self.closed.is_set():
            raise CannotConnectError("closed")
        self._asked += 1
        action_id = f"{self._key}-{self._asked}"
        question = _Question(asyncio.get_running_loop().create_future(), is_list)
        self._questions[action_id] = question
        self._transport.write(
            _encode((("Action", action), ("ActionID", action_id), *fields))
        )
        try:
            async with asyncio.timeout(ANSWER_TIME):
                return await question.answer
        except TimeoutError:
            # What is answered late would only confuse.
            self.close()
            raise CannotConnectError("no answer", may_have_arrived=True) from None
        finally:
            self._questions.pop(action_id, None)

    # --- What arrives ---

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is written to."""
        self._transport = cast(asyncio.Transport, transport)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what waits: a command may have arrived although its answer is lost."""
        self._end(CannotConnectError("connection lost", may_have_arrived=True))

    @override
    def data_received(self, data: bytes) -> None:
        """Take in whole lines; a blank one ends a block."""
        self._buffer += data
        lines, _, self._buffer = self._buffer.rpartition(b"\n")
        if lines:
            # All at once: line by line, a long list would take twice the time.
            text = lines.decode(errors="replace").removesuffix("\r")
            self._take_lines(text.replace("\r\n", "\n").split("\n"))
        if len(self._buffer) > _MAX_LINE:
            self._refuse("a line is too long")
        self._take_turn(len(data))

    def _take_turn(self, size: int) -> None:
        """After much in a second read nothing for a moment: the network holds it back."""
        loop = asyncio.get_running_loop()
        if loop.time() > self._turn_began + 1:
            self._turn_began, self._since_rest = loop.time(), 0
        self._since_rest += size
        if (
            self._since_rest > _TURN
            and self._transport is not None
            and not self.closed.is_set()
        ):
            self._since_rest = 0
            self._transport.pause_reading()
            self._rest = loop.call_later(_REST, self._read_on)

    def _read_on(self) -> None:
        """Read again."""
        if self._transport is not None:
            self._transport.resume_reading()

    def _take_lines(self, lines: list[str]) -> None:
        """Take in lines; hand each block on that is complete."""
        if not self.greeting.done():
            if _GREETING not in lines.pop(0):
                self._refuse("no manager interface")
                return
            self.greeting.set_result(None)
        for line in lines:
            if self.closed.is_set():
                return
            if line:
                self._block.append(line)
                self._block_size += len(line) + _LINE_COST
            elif self._block:
                block, size = self._block, self._block_size
                self._block, self._block_size = [], 0
                self._take_message(_parse_block(block), size)
            if self._block_size > _MAX_BLOCK:
                self._refuse("an answer is too large")

    def _take_message(self, message: Message, size: int) -> None:
        """Hand a message to the question that waits for it, or on as an event."""
        question = self._questions.get(message.get("ActionID"))
        kind = message.fields[0][0]
        if kind == "Event" and question is None:
            self._on_event(message)
        elif question is None or question.answer.done():
            return
        elif kind == "Response":
            question.first = message
            if not question.is_list or not message.is_success:
                question.answer.set_result((message, []))
        elif question.first is not None:
            question.size += size
            self._take_row(question, question.first, message)

    def _take_row(self, question: _Question, first: Message, message: Message) -> None:
        """Keep a row of a list, or hand the whole list over at its end."""
        if message.get("EventList") == "Complete":
            question.answer.set_result((first, question.rows))
            return
        question.rows.append(message)
        if len(question.rows) > _MAX_ROWS or question.size > _MAX_LIST:
            self._refuse("a list is too long")

    def _refuse(self, reason: str) -> None:
        """End a connection that has sent what no server sends."""
        if self._transport is not None:
            self._transport.abort()
        self._end(UnexpectedResponseError(reason))

    def _end(self, err: RecorderError) -> None:
        """Fail all that waits, once."""
        if self.closed.is_set():
            return
        self.closed.set()
        if self._rest is not None:
            self._rest.cancel()
        self._buffer.clear()
        waiting: list[asyncio.Future[Any]] = [
            one.answer for one in self._questions.values()
        ]
        waiting.append(self.greeting)
        for future in waiting:
            if not future.done():
                future.set_exception(err)
                # A task that was cancelled meanwhile does not ask for it any more.
                future.exception()


def _parse_block(lines: list[str]) -> Message:
    """Read an answer or an event."""
    parts = (line.partition(":") for line in lines)
    return Message(tuple([(key, value.removeprefix(" ")) for key, _, value in parts]))


def _encode(fields: Fields) -> bytes:
    """Write a block; nothing in a value can start a line of its own."""
    lines = (f"{key}: {value.translate(_UNSAFE)}\r\n" for key, value in fields)
    return f"{''.join(lines)}\r\n".encode(errors="replace")

"""What is said on a manager interface: framing, limits, and lines that must not be injected."""

import asyncio
from collections.abc import AsyncGenerator
from random import Random

import pytest

from custom_components.call_recorder.api.asterisk import wire as wire_module
from custom_components.call_recorder.api.asterisk.wire import Message, Wire
from custom_components.call_recorder.api.errors import (
    CannotConnectError,
    UnexpectedResponseError,
)
from tests.helpers.clock import IdleClock

_GREETING = b"Asterisk Call Manager/11.0.0\r\n"

_EVENT_AND_ANSWER = (
    b"Event: Hangup\r\nChannel: PJSIP/1-1\r\n\r\n",
    b"Response: Success\r\nActionID: k-1\r\nOutput: one\r\nOutput: t:wo\r\n\r\n",
)
_LIST = (
    b"Response: Success\r\nActionID: k-2\r\nEventList: start\r\n\r\n",
    b"Event: Row\r\nActionID: k-2\r\nName: a\r\n\r\n",
    b"Event: Row\r\nActionID: k-7\r\nName: of nobody\r\n\r\n",
    b"Event: RowsComplete\r\nActionID: k-2\r\nEventList: Complete\r\n\r\n",
)


@pytest.fixture(autouse=True)
def known_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the ActionIDs be known, which nothing from outside can guess."""
    monkeypatch.setattr(wire_module, "token_hex", lambda size: "k")


class _Server:
    """Sends what a test wants, and keeps what it receives."""

    def __init__(self) -> None:
        """Greet, and answer every block with nothing."""
        self.greeting = _GREETING
        self.answers: list[bytes] = []
        self.heard = b""
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen; return the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Stop listening."""
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Greet; give an answer for each block, and end after the last."""
        writer.write(self.greeting)
        for answer in self.answers:
            try:
                self.heard += await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            writer.write(answer)
        await writer.drain()
        if not self.answers:
            await reader.read()
        writer.close()


@pytest.fixture
async def server(socket_enabled: None) -> AsyncGenerator[_Server]:
    """Return a server that does not listen yet."""
    server = _Server()
    yield server
    await server.stop()


async def _open(server: _Server, events: list[Message] | None = None) -> Wire:
    """Connect to the server."""
    port = await server.start()
    heard = [] if events is None else events
    return await Wire.open("127.0.0.1", port, tls=None, on_event=heard.append)


@pytest.mark.parametrize(
    "greeting", [_GREETING, b"PBX Call Manager/2.0\r\n", b"Asterisk Call Manager/5\n"]
)
async def test_greeting(server: _Server, greeting: bytes) -> None:
    """Test the greetings of Asterisk and its relatives."""
    server.greeting = greeting
    (await _open(server)).close()


async def test_something_else_answers(server: _Server) -> None:
    """Test a port at which something else listens."""
    server.greeting = b"HTTP/1.1 400 Bad Request\r\n"
    with pytest.raises(UnexpectedResponseError):
        await _open(server)


async def test_nothing_listens(socket_enabled: None) -> None:
    """Test a port at which nothing listens."""
    server = _Server()
    port = await server.start()
    await server.stop()
    with pytest.raises(CannotConnectError) as caught:
        await Wire.open("127.0.0.1", port, tls=None, on_event=print)
    assert not caught.value.may_have_arrived


async def test_answers_and_events(server: _Server) -> None:
    """Test that answers, rows and events are told apart, and that keys repeat."""
    server.answers = [
        b"".join(_EVENT_AND_ANSWER),
        b"".join(_LIST),
    ]
    events: list[Message] = []
    wire = await _open(server, events)
    answer = await wire.ask("Command", (("Command", "list"),))
    assert answer.is_success
    assert answer.get_all("Output") == ["one", "t:wo"]
    rows = await wire.ask_list("Rows")
    assert [row.get("Name") for row in rows] == ["a"]
    assert [event.get("Event") for event in events] == ["Hangup", "Row"]
    assert server.heard == (
        b"Action: Command\r\nActionID: k-1\r\nCommand: list\r\n\r\n"
        b"Action: Rows\r\nActionID: k-2\r\n\r\n"
    )
    wire.close()


async def test_refused_list(server: _Server) -> None:
    """Test a list that is refused."""
    server.answers = [b"Response: Error\r\nActionID: k-1\r\nMessage: no\r\n\r\n"]
    wire = await _open(server)
    with pytest.raises(UnexpectedResponseError):
        await wire.ask_list("Rows")
    wire.close()


async def test_no_line_is_injected(server: _Server) -> None:
    """Test that nothing in a value starts a line of its own."""
    server.answers = [b"Response: Success\r\nActionID: k-1\r\n\r\n"]
    wire = await _open(server)
    evil = "PJSIP/1\r\nAction: Originate\r\n\r\nAction: Logoff\0"
    await wire.ask("Getvar", (("Channel", evil),))
    assert server.heard == (
        b"Action: Getvar\r\nActionID: k-1\r\n"
        b"Channel: PJSIP/1Action: OriginateAction: Logoff\r\n\r\n"
    )
    wire.close()


async def test_lost_answer(server: _Server) -> None:
    """Test that a command whose answer is lost may have arrived; the next cannot."""
    server.answers = [b""]
    wire = await _open(server)
    with pytest.raises(CannotConnectError) as caught:
        await wire.ask("MixMonitor")
    assert caught.value.may_have_arrived
    assert wire.closed.is_set()
    with pytest.raises(CannotConnectError) as caught:
        await wire.ask("MixMonitor")
    assert not caught.value.may_have_arrived


@pytest.mark.parametrize(
    ("limit", "answer"),
    [
        ("_MAX_LINE", b"Response: Success\r\nActionID: k-1\r\nOutput: " + b"x" * 300),
        (
            "_MAX_BLOCK",
            b"Response: Success\r\nActionID: k-1\r\n" + b"Output: x\r\n" * 30,
        ),
        (
            "_MAX_ROWS",
            b"Response: Success\r\nActionID: k-1\r\n\r\n"
            + b"Event: Row\r\nActionID: k-1\r\n\r\n" * 300,
        ),
        (
            "_MAX_LIST",
            b"Response: Success\r\nActionID: k-1\r\n\r\n"
            + b"Event: Row\r\nActionID: k-1\r\n\r\n" * 2,
        ),
    ],
    ids=["line", "block", "rows", "list"],
)
async def test_limits(
    server: _Server, monkeypatch: pytest.MonkeyPatch, limit: str, answer: bytes
) -> None:
    """Test that what is too long ends the connection."""
    monkeypatch.setattr(wire_module, limit, 200)
    server.answers = [answer, b""]
    wire = await _open(server)
    with pytest.raises(UnexpectedResponseError):
        await wire.ask_list("Rows")
    assert wire.closed.is_set()


class _Transport(asyncio.WriteTransport):
    """A connection to nowhere."""

    def __init__(self) -> None:
        """Start with reading."""
        super().__init__()
        self.reads = asyncio.Event()
        """Set while the network may deliver."""
        self.reads.set()

    def pause_reading(self) -> None:
        """Hold the network back."""
        self.reads.clear()

    def resume_reading(self) -> None:
        """Let the network deliver again."""
        self.reads.set()

    def write(self, data: bytes | bytearray | memoryview[int]) -> None:
        """Drop what is sent."""

    def abort(self) -> None:
        """Do nothing: there is nothing to end."""


def _received(pieces: list[bytes]) -> list[Message]:
    """Return the events that a connection understands of what arrives."""
    events: list[Message] = []
    wire = Wire(events.append)
    wire.connection_made(_Transport())
    for piece in pieces:
        wire.data_received(piece)
    wire.close()
    return events


async def test_pieces_do_not_matter() -> None:
    """Test that events are the same, wherever the network cuts them."""
    said = _GREETING + b"".join(
        f"Event: Hangup\r\nChannel: PJSIP/{number}-1\r\nName: ü\r\n\r\n".encode()
        for number in range(5)
    )
    whole = _received([said])
    assert len(whole) == 5
    for size in (1, 2, 3, 7, 50):
        pieces = [said[at : at + size] for at in range(0, len(said), size)]
        assert _received(pieces) == whole


async def test_flood(clock: IdleClock) -> None:
    """Test that much at once is read in turns with everything else."""
    transport = _Transport()
    wire = Wire(lambda event: None)
    wire.connection_made(transport)
    event = b"Event: Newexten\r\n\r\n"
    wire.data_received(_GREETING + event * 100)
    assert transport.reads.is_set()
    for _ in range(2):
        wire.data_received(event * 10_000)
        assert not transport.reads.is_set()
        await clock.run(transport.reads.wait())
    wire.data_received(event * 10_000)
    wire.close()
    await clock.pass_time(1)
    assert not transport.reads.is_set()


async def test_nonsense() -> None:
    """Test that nothing that arrives makes the connection fall over."""
    random = Random(1)
    words = [b"Event", b"Response", b":", b": ", b"\r\n", b"\n", b"ActionID: k-1"]
    words += [b"\xff", b"\0", b"Success", b"EventList: Complete", b"\r\n\r\n"]
    for _ in range(1_000):
        said = b"".join(random.choices(words, k=100))
        for event in _received([_GREETING, said]):
            assert event.fields[0][0] == "Event"

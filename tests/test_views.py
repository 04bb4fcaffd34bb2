"""A recording is played through Home Assistant: in parts, once downloaded, for those let in."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from http import HTTPStatus
import os
import threading
from typing import Any
from unittest.mock import patch

from aiohttp import ClientError, ClientResponse, web
from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_capture_events,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.call_recorder.archive import playback
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant
from simulator.audio import Audio
from simulator.calls import Recording
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.calls import record
from tests.helpers.clock import Poll, settle


class Player:
    """A browser that plays one recording."""

    def __init__(
        self,
        client: TestClient[Any, Any],
        simulator: Simulator,
        recording: Recording,
        playbacks: playback.Playbacks,
    ) -> None:
        """Know the recording."""
        self._playbacks = playbacks
        self._client = client
        self.audio = simulator.imagicle.audio_of(recording)
        self.audio_bytes = b"".join(self.audio.read(0, self.audio.size))
        self.path = path_of(simulator.imagicle.id_of(recording))

    async def until(
        self, condition: Callable[[playback.Playback], bool], slow: SlowRecorder
    ) -> None:
        """Wait until Home Assistant has noticed something about the playback.

        Only what is sent shows that a listener has left.
        """
        (found,) = self._playbacks
        while not condition(found):
            slow.send(slow.sent + 1_000)
            await asyncio.sleep(0)

    async def ask(self) -> ClientResponse:
        """Ask what would be served."""
        return await self._client.head(self.path)

    async def get(self, **headers: str) -> ClientResponse:
        """Ask for the recording."""
        return await self._client.get(
            self.path,
            headers={name.replace("_", "-"): h for name, h in headers.items()},
        )


def path_of(recording_id: str, entry_id: str = "01IMAGICLE") -> str:
    """Return where a recording is served."""
    token = urlsafe_b64encode(recording_id.encode()).decode().rstrip("=")
    return f"/api/call_recorder/recording/{entry_id}/{token}"


@pytest.fixture
def recording(office: Office, freezer: FrozenDateTimeFactory) -> Recording:
    """Return a recording of two minutes."""
    return record(office, freezer, 120)


@pytest.fixture
async def player(
    recording: Recording,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    hass_client: ClientSessionGenerator,
) -> Player:
    """Return a browser that Home Assistant has let in."""
    return Player(
        await hass_client(), simulator, recording, imagicle.runtime_data.playbacks
    )


async def test_the_whole(player: Player) -> None:
    """Without a range, the whole audio comes, with all that protects it."""
    response = await player.get()
    assert response.status == HTTPStatus.OK
    assert await response.read() == player.audio_bytes
    assert response.headers["Content-Type"] == "audio/mpeg"
    assert response.headers["Content-Length"] == str(player.audio.size)
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_player_that_asks_before(player: Player, simulator: Simulator) -> None:
    """The headers of what would be served come without a body, and is no download of its own."""
    response = await player.ask()
    assert response.status == HTTPStatus.OK
    assert response.headers["Content-Length"] == str(player.audio.size)
    assert await response.read() == b""
    assert await (await player.get()).read() == player.audio_bytes
    assert len(simulator.imagicle.audit_events) == 1


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-", slice(0, None)),
        ("bytes=0-0", slice(0, 1)),
        ("bytes=1000-1999", slice(1000, 2000)),
        ("bytes=100000-999999999", slice(100000, None)),
        ("bytes=-500", slice(-500, None)),
        ("bytes=-999999999", slice(0, None)),
    ],
)
async def test_a_part(player: Player, asked: str, part: slice) -> None:
    """A range is served as 206, with what it is a part of."""
    response = await player.get(Range=asked)
    assert response.status == HTTPStatus.PARTIAL_CONTENT
    expected = player.audio_bytes[part]
    assert await response.read() == expected
    start = player.audio.size - len(expected) if part.stop is None else part.start
    end = start + len(expected) - 1
    told = response.headers["Content-Range"]
    assert told == f"bytes {start}-{end}/{player.audio.size}"


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=x-"]
)
async def test_a_range_that_means_nothing(player: Player, asked: str) -> None:
    """What is no range of ours is answered with the whole."""
    response = await player.get(Range=asked)
    assert response.status == HTTPStatus.OK
    assert await response.read() == player.audio_bytes


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=99999999-999999999"])
async def test_a_range_beyond_the_end(player: Player, asked: str) -> None:
    """A range behind the end cannot be served."""
    response = await player.get(Range=asked)
    assert response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    assert response.headers["Content-Range"] == f"bytes */{player.audio.size}"
    assert await response.read() == b""


async def test_if_range(player: Player) -> None:
    """A part is only served of what the browser has the beginning of."""
    etag = (await player.get()).headers["ETag"]
    same = await player.get(Range="bytes=10-19", If_Range=etag)
    assert same.status == HTTPStatus.PARTIAL_CONTENT
    other = await player.get(Range="bytes=10-19", If_Range='"other"')
    assert other.status == HTTPStatus.OK
    assert await other.read() == player.audio_bytes


async def test_what_the_player_has_already(
    player: Player, imagicle: MockConfigEntry
) -> None:
    """What has not changed is not sent again, and not asked of the recorder."""
    etag = (await player.get()).headers["ETag"]
    playbacks = imagicle.runtime_data.playbacks
    await playbacks.close()
    for known in (etag, f'W/"other", {etag}'):
        response = await player.get(If_None_Match=known)
        assert response.status == HTTPStatus.NOT_MODIFIED
        assert await response.read() == b""
    assert len(playbacks) == 0
    other = await player.get(If_None_Match='"other"')
    assert other.status == HTTPStatus.OK


async def test_one_download_for_all(
    player: Player, simulator: Simulator, pass_time: Poll
) -> None:
    """However much the slider is dragged: the recorder writes one download down."""
    for start in (0, 300_000, 5, 200_000, 100):
        response = await player.get(Range=f"bytes={start}-")
        assert await response.read() == player.audio_bytes[start:]
    assert len(simulator.imagicle.audit_events) == 1
    await pass_time(300)
    await player.get()
    assert len(simulator.imagicle.audit_events) == 1


async def test_audio_is_not_kept_for_ever(
    player: Player,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """Ten minutes after the last listener has left, the file is deleted."""
    await (await player.get()).read()
    assert len(imagicle.runtime_data.playbacks) == 1
    await pass_time(601)
    assert len(imagicle.runtime_data.playbacks) == 0
    assert await (await player.get()).read() == player.audio_bytes
    assert len(simulator.imagicle.audit_events) == 2


async def test_unloading_ends_it(
    hass: HomeAssistant, player: Player, imagicle: MockConfigEntry
) -> None:
    """An unloaded recorder plays nothing, and leaves no file."""
    await (await player.get()).read()
    playbacks = imagicle.runtime_data.playbacks
    assert await hass.config_entries.async_unload(imagicle.entry_id)
    assert len(playbacks) == 0
    assert (await player.get()).status == HTTPStatus.NOT_FOUND


async def test_who_is_not_let_in(
    player: Player, hass_client_no_auth: ClientSessionGenerator, simulator: Simulator
) -> None:
    """Without a signature the address is worth nothing, and tells nothing."""
    stranger = await hass_client_no_auth()
    response = await stranger.get(player.path)
    assert response.status == HTTPStatus.UNAUTHORIZED
    assert simulator.imagicle.url not in await response.text()
    assert simulator.imagicle.audit_events == []


@pytest.mark.parametrize(
    ("listening", "status"),
    [
        ("administrators", HTTPStatus.FORBIDDEN),
        ("everyone", HTTPStatus.OK),
    ],
)
async def test_a_user_who_may_not_listen(
    hass: HomeAssistant,
    player: Player,
    imagicle: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_read_only_access_token: str,
    listening: str,
    status: HTTPStatus,
) -> None:
    """Only administrators may listen, unless the option opens the archive."""
    hass.config_entries.async_update_entry(imagicle, options={"listening": listening})
    user = await hass_client(hass_read_only_access_token)
    assert (await user.get(player.path)).status == status
    # A signed address is worth as much as the user who asked for it.
    token = hass.auth.async_validate_access_token(hass_read_only_access_token)
    assert token is not None
    validity = timedelta(minutes=1)
    signed = async_sign_path(hass, player.path, validity, refresh_token_id=token.id)
    stranger = await hass_client_no_auth()
    assert (await stranger.get(signed)).status == status
    # What an automation plays is signed by Home Assistant's own user.
    signed = async_sign_path(hass, player.path, validity, use_content_user=True)
    assert (await stranger.get(signed)).status == HTTPStatus.OK


async def test_who_has_listened(
    hass: HomeAssistant,
    player: Player,
    recording: Recording,
    simulator: Simulator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_admin_user: MockUser,
    pass_time: Poll,
) -> None:
    """An event names the user and the recording, once however many parts are read."""
    events = async_capture_events(hass, "call_recorder_played")
    await player.ask()
    assert events == []
    await (await player.get()).read()
    await (await player.get(Range="bytes=10-19")).read()
    (event,) = events
    assert event.data == {
        "user_id": hass_admin_user.id,
        "config_entry_id": "01IMAGICLE",
        "recorder": "Imagicle",
        "recording_id": simulator.imagicle.id_of(recording),
    }
    assert event.context.user_id == hass_admin_user.id

    stranger = await hass_client_no_auth()
    path = async_sign_path(
        hass, player.path, timedelta(minutes=1), use_content_user=True
    )
    await (await stranger.get(path)).read()
    assert [event.data["user_id"] for event in events] == [hass_admin_user.id, None]
    await pass_time(601)
    await (await player.get()).read()
    assert len(events) == 3


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (path_of("x", "NOWHERE"), HTTPStatus.NOT_FOUND),
        (path_of(""), HTTPStatus.NOT_FOUND),
        ("/api/call_recorder/recording/01IMAGICLE/%25", HTTPStatus.NOT_FOUND),
        (path_of("no-guid"), HTTPStatus.NOT_FOUND),
        (path_of(".."), HTTPStatus.NOT_FOUND),
        (path_of("../../../LiveRecordings"), HTTPStatus.NOT_FOUND),
        (path_of("00000000-0000-4000-8000-000000000000"), HTTPStatus.NOT_FOUND),
    ],
)
async def test_what_is_not_there(
    imagicle: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    path: str,
    status: HTTPStatus,
) -> None:
    """An id that is no recording's is not found."""
    response = await (await hass_client()).get(path)
    assert response.status == status


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault("login_page"), HTTPStatus.BAD_GATEWAY, "unexpected_response"),
        (Fault("drop"), HTTPStatus.BAD_GATEWAY, "cannot_connect"),
        (Fault("status", status=500), HTTPStatus.BAD_GATEWAY, "cannot_connect"),
        (Fault("status", status=401), HTTPStatus.BAD_GATEWAY, "invalid_auth"),
        (Fault("status", status=403), HTTPStatus.BAD_GATEWAY, "not_authorized"),
        (
            Fault("redirect", url="http://127.0.0.1:9/secret"),
            HTTPStatus.BAD_GATEWAY,
            "unexpected_response",
        ),
        (
            Fault("wrong_content_type", content_type="image/svg+xml"),
            HTTPStatus.BAD_GATEWAY,
            "unexpected_response",
        ),
    ],
)
async def test_what_the_recorder_fails_at(
    player: Player, simulator: Simulator, fault: Fault, status: HTTPStatus, code: str
) -> None:
    """A failure is reported with its reason, and the next try starts anew."""
    simulator.imagicle.faults.add(fault)
    response = await player.get()
    assert response.status == status
    answer = await response.json()
    assert answer["code"] == code
    assert simulator.imagicle.url not in str(answer)
    assert response.headers["Cache-Control"] == "no-store"
    simulator.imagicle.faults.clear()
    assert await (await player.get()).read() == player.audio_bytes


async def test_no_more_files_than_allowed(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    imagicle: MockConfigEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    """The oldest audio without a listener makes room for a new one."""
    client = await hass_client()
    for _ in range(10):
        player = Player(
            client,
            simulator,
            record(office, freezer, 5),
            imagicle.runtime_data.playbacks,
        )
        assert await (await player.get()).read() == player.audio_bytes
    await settle(hass)
    assert len(imagicle.runtime_data.playbacks) == 8


async def test_too_large_to_be_played(player: Player) -> None:
    """Audio for which there is no room is cut off, so that it looks unfinished."""
    with patch.object(playback, "MOST_BYTES", 100_000):
        response = await player.get()
        with pytest.raises(Exception, match=r"payload|Connection|transfer"):
            await response.read()


async def test_no_place_for_the_file(player: Player) -> None:
    """A disk that cannot be written to is no fault of the recorder."""
    with patch("tempfile.TemporaryFile", side_effect=OSError(28, "full")):
        response = await player.get()
    assert response.status == HTTPStatus.BAD_GATEWAY
    assert (await response.json())["code"] == "playback_failed"


async def test_files_are_touched_outside_of_the_event_loop(player: Player) -> None:
    """A slow disk does not hold Home Assistant up."""
    threads = set()
    pread = os.pread

    def _pread(file: int, size: int, start: int) -> bytes:
        threads.add(threading.current_thread())
        return pread(file, size, start)

    with patch("os.pread", _pread):
        await (await player.get()).read()
    assert threads and threading.main_thread() not in threads


# --- While the audio is still coming ---


class SlowRecorder:
    """A recorder that sends audio as slowly as the test wants."""

    def __init__(self, audio_bytes: bytes, *, is_size_sent: bool) -> None:
        """Hold the audio back."""
        self.audio_bytes = audio_bytes
        self.downloads = 0
        self.sent = 0
        self._is_size_sent = is_size_sent
        self._may_send = 0
        self._more = asyncio.Event()
        self._request: web.Request | None = None

    def send(self, upto: int) -> None:
        """Let the audio through, as far as to a byte."""
        self._may_send = upto
        self._more.set()

    async def media(self, request: web.Request, audio: Audio) -> web.StreamResponse:
        """Send what may be sent, then wait."""
        self.downloads += 1
        self.sent = 0
        self._request = request
        response = web.StreamResponse()
        response.content_type = audio.content_type
        if self._is_size_sent:
            response.content_length = len(self.audio_bytes)
        await response.prepare(request)
        while self.sent < len(self.audio_bytes):
            if self.sent >= self._may_send:
                self._more.clear()
                await self._more.wait()
            chunk = self.audio_bytes[
                self.sent : min(self._may_send, self.sent + 10_000)
            ]
            self.sent += len(chunk)
            await response.write(chunk)
        return response

    def break_off(self) -> None:
        """Cut the connection."""
        assert self._request is not None
        assert self._request.transport is not None
        self._request.transport.abort()

    async def until_left(self) -> None:
        """Wait until Home Assistant has closed the connection."""
        assert self._request is not None
        while self._request.transport is not None:
            await asyncio.sleep(0)


@pytest.fixture
def slow(
    player: Player, simulator: Simulator, request: pytest.FixtureRequest
) -> Iterator[SlowRecorder]:
    """Return the recorder, which sends only when it is asked to."""
    slow = SlowRecorder(
        player.audio_bytes, is_size_sent=getattr(request, "param", True)
    )
    with patch.object(simulator.imagicle, "media", slow.media):
        yield slow
    slow.send(len(slow.audio_bytes))


async def test_listening_while_it_comes(player: Player, slow: SlowRecorder) -> None:
    """The beginning is heard before the end is here; a seek waits for its place."""
    slow.send(50_000)
    response = await player.get(Range="bytes=0-")
    assert response.status == HTTPStatus.PARTIAL_CONTENT
    assert await response.content.readexactly(40_000) == player.audio_bytes[:40_000]
    seek = asyncio.create_task(player.get(Range="bytes=300000-300099"))
    slow.send(400_000)
    assert await (await seek).read() == player.audio_bytes[300_000:300_100]
    slow.send(len(player.audio_bytes))
    assert await response.read() == player.audio_bytes[40_000:]
    assert slow.downloads == 1


async def test_a_seek_is_no_second_download(
    player: Player, slow: SlowRecorder, pass_time: Poll, hass: HomeAssistant
) -> None:
    """Between leaving and coming back the download goes on, for half a minute."""
    slow.send(50_000)
    response = await player.get(Range="bytes=0-")
    await response.content.readexactly(10_000)
    response.close()
    await player.until(lambda playback: playback.listeners == 0, slow)
    slow.send(len(player.audio_bytes))
    again = await player.get(Range="bytes=100000-")
    assert await again.read() == player.audio_bytes[100_000:]
    assert slow.downloads == 1


async def test_nobody_listens_any_more(
    hass: HomeAssistant,
    player: Player,
    slow: SlowRecorder,
    freezer: FrozenDateTimeFactory,
    imagicle: MockConfigEntry,
) -> None:
    """Half a minute after the last listener has left, the recorder is let go."""
    slow.send(50_000)
    response = await player.get(Range="bytes=0-")
    await response.content.readexactly(10_000)
    response.close()
    await player.until(lambda playback: playback.listeners == 0, slow)
    assert len(imagicle.runtime_data.playbacks) == 1
    freezer.tick(timedelta(seconds=31))
    async_fire_time_changed(hass)
    await settle(hass)
    await slow.until_left()
    assert len(imagicle.runtime_data.playbacks) == 0


@pytest.mark.parametrize("slow", [False], indirect=True)
async def test_a_size_that_is_not_told(player: Player, slow: SlowRecorder) -> None:
    """Without a size the beginning is served at once; a part when all is here."""
    slow.send(50_000)
    response = await player.get(Range="bytes=0-")
    assert response.status == HTTPStatus.OK
    assert "Content-Length" not in response.headers
    part = asyncio.create_task(player.get(Range="bytes=-100"))
    slow.send(len(player.audio_bytes))
    assert await response.read() == player.audio_bytes
    assert (await part).status == HTTPStatus.PARTIAL_CONTENT
    assert await (await part).read() == player.audio_bytes[-100:]


async def test_unloading_while_somebody_listens(
    hass: HomeAssistant, player: Player, slow: SlowRecorder, imagicle: MockConfigEntry
) -> None:
    """Audio that breaks off does not look as if it had ended."""
    slow.send(50_000)
    response = await player.get()
    assert await hass.config_entries.async_unload(imagicle.entry_id)
    with pytest.raises(ClientError):
        await response.read()
    await settle(hass)
    await slow.until_left()


async def test_a_recorder_that_breaks_off(
    hass: HomeAssistant, player: Player, slow: SlowRecorder, imagicle: MockConfigEntry
) -> None:
    """What is lost on its way is cut off for all who listen; the next try is whole."""
    slow.send(50_000)
    first, second = await player.get(), await player.get(Range="bytes=10-")
    slow.break_off()
    for response in (first, second):
        with pytest.raises(ClientError):
            await response.read()
    slow.send(len(player.audio_bytes))
    assert await (await player.get()).read() == player.audio_bytes
    assert slow.downloads == 2
    await settle(hass)
    assert len(imagicle.runtime_data.playbacks) == 1

"""The archive does the same at every recorder: count, browse, play, keep, watch."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
import json
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import settle
from tests.helpers.entries import set_up_recorder
from tests.helpers.states import get_state, value


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    recorder_data: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> AsyncGenerator[MockConfigEntry]:
    """Return the entry of a recorder that is set up."""
    await hass.config.async_set_time_zone("Europe/Rome")
    freezer.move_to("2026-06-10 10:00:00+00:00")
    assert await async_setup_component(hass, "media_source", {})
    entry = await set_up_recorder(hass, recorder_data)
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


async def wait(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float
) -> None:
    """Let seconds pass, half a minute at a time."""
    while seconds > 0:
        freezer.tick(timedelta(seconds=min(seconds, 31)))
        seconds -= 31
        async_fire_time_changed(hass)
        await settle(hass)


async def record(
    hass: HomeAssistant, office: Office, freezer: FrozenDateTimeFactory
) -> None:
    """Record a call of a minute that the polls see."""
    call = office.connect("101")
    office.start_recording(call)
    await wait(hass, freezer, 62)
    office.hang_up(call)
    await wait(hass, freezer, 93)


async def open_day(
    hass: HomeAssistant, clients: WebSocketGenerator, entry: MockConfigEntry
) -> tuple[Any, list[dict[str, Any]]]:
    """Open the day's folder; return the connection and what is in it."""
    client = await clients(hass)
    place = f"media-source://call_recorder/{entry.entry_id}/all/2026-06/10"
    await client.send_json_auto_id(
        {"type": "media_source/browse_media", "media_content_id": place}
    )
    answer = await client.receive_json()
    assert answer["success"], answer
    return client, answer["result"]["children"]


async def play(browser: TestClient[Any, Any], url: str, mime_type: str) -> bytes:
    """Return what a browser gets that is not signed in: by the signed address only."""
    assert (await browser.get(url.partition("?")[0])).status == HTTPStatus.UNAUTHORIZED
    response = await browser.get(url)
    assert response.status == HTTPStatus.OK
    assert response.headers["Content-Type"] == mime_type
    audio = await response.read()
    assert len(audio) > 10_000
    part = await browser.get(url, headers={"Range": "bytes=5000-5999"})
    assert part.status == HTTPStatus.PARTIAL_CONTENT
    assert await part.read() == audio[5000:6000]
    return audio


async def test_from_the_call_to_the_copy(
    hass: HomeAssistant,
    office: Office,
    recorder_name: str,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    tmp_path: Path,
) -> None:
    """A call is counted, found, played by a signed address, and kept."""
    await record(hass, office, freezer)
    assert value(hass, f"sensor.{recorder_name}_recordings_today") == "1"
    event = get_state(hass, f"event.{recorder_name}_recording_events")
    assert event.attributes["event_type"] == "archived"

    client, children = await open_day(hass, hass_ws_client, entry)
    (shown,) = children
    assert shown["can_play"] is True
    await client.send_json_auto_id(
        {
            "type": "media_source/resolve_media",
            "media_content_id": shown["media_content_id"],
        }
    )
    answer = await client.receive_json()
    assert answer["success"], answer
    await client.close()

    audio = await play(await hass_client_no_auth(), **answer["result"])

    hass.config.allowlist_external_dirs = {str(tmp_path)}
    kept = await hass.services.async_call(
        "call_recorder",
        "export_recording",
        {"recording_id": event.attributes["recording_id"], "path": str(tmp_path)},
        blocking=True,
        return_response=True,
    )
    assert kept is not None
    assert kept["sha256"] == sha256(audio).hexdigest()
    assert kept["verified"] is (True if recorder_name == "imagicle" else None)
    assert json.loads(Path(str(kept["path"])).with_suffix(".json").read_bytes())


async def test_the_archive_is_read_in_pages(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """`get_recordings` goes on where it stopped, while new recordings arrive."""
    for _ in range(7):
        call = office.connect("101")
        office.start_recording(call)
        freezer.tick(timedelta(seconds=60))
        office.hang_up(call)
    fields: dict[str, Any] = {"limit": 3, "start": "2026-06-10 12:01:00"}
    seen: list[str] = []
    for _ in range(4):
        page = await hass.services.async_call(
            "call_recorder",
            "get_recordings",
            fields,
            blocking=True,
            return_response=True,
        )
        assert page is not None
        rows: Any = page["recordings"]
        seen += [row["started_at"] for row in rows]
        fields["cursor"] = page["next_cursor"]
        if page["next_cursor"] is None:
            break
        call = office.connect("102")
        office.start_recording(call)
        freezer.tick(timedelta(seconds=5))
        office.hang_up(call)
    assert [start[11:16] for start in seen] == [
        "10:06",
        "10:05",
        "10:04",
        "10:03",
        "10:02",
        "10:01",
    ]


async def test_a_lost_recording(
    hass: HomeAssistant,
    office: Office,
    recorder_name: str,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A recording that does not arrive is reported at every recorder."""
    call = office.connect("101")
    office.start_recording(call).fate = "lost"
    await wait(hass, freezer, 62)
    office.hang_up(call)
    await wait(hass, freezer, 500)
    event = f"event.{recorder_name}_recording_events"
    assert get_state(hass, event).attributes["event_type"] == "ended"
    await wait(hass, freezer, 300)
    assert get_state(hass, event).attributes["event_type"] == "lost"
    assert get_state(hass, event).attributes["reason"] == "recording_not_found"


@pytest.mark.parametrize("recorder_name", ["bandwidth"])
@pytest.mark.parametrize(
    ("saving_minutes", "fate", "title", "reason"),
    [
        (30, "archived", "still being saved", "The recorder is still saving"),
        (0, "error", "could not be saved", "The recorder could not save"),
    ],
)
async def test_what_cannot_be_played_says_why(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    hass_ws_client: WebSocketGenerator,
    saving_minutes: int,
    fate: str,
    title: str,
    reason: str,
) -> None:
    """A recording that Bandwidth has no audio of is shown, with the reason."""
    office.saving_time = timedelta(minutes=saving_minutes)
    call = office.connect("101")
    office.start_recording(call).fate = fate  # type: ignore[assignment]
    await wait(hass, freezer, 62)
    office.hang_up(call)
    await wait(hass, freezer, 62)
    client, (shown,) = await open_day(hass, hass_ws_client, entry)
    assert shown["can_play"] is False
    assert shown["title"].endswith(title)
    await client.send_json_auto_id(
        {
            "type": "media_source/resolve_media",
            "media_content_id": shown["media_content_id"],
        }
    )
    answer = await client.receive_json()
    await client.close()
    assert answer["error"]["message"].startswith(reason)


@pytest.mark.parametrize("recorder_name", ["bandwidth"])
async def test_an_upload_that_failed_is_lost(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Bandwidth says itself that a recording could not be saved."""
    call = office.connect("101")
    office.start_recording(call).fate = "error"
    await wait(hass, freezer, 62)
    office.hang_up(call)
    await wait(hass, freezer, 93)
    event = get_state(hass, "event.bandwidth_recording_events")
    assert event.attributes["event_type"] == "lost"
    assert event.attributes["reason"] == "recording_failed"
    assert value(hass, "sensor.bandwidth_recordings_today") == "0"


@pytest.mark.parametrize("recorder_name", ["asterisk"])
async def test_credentials_of_the_archive_alone(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """That the manager interface accepts its own does not hide a wrong one of ARI."""

    def requests() -> list[str]:
        """Return the requests to sign in again."""
        return [
            flow["flow_id"]
            for flow in entry.async_get_active_flows(hass, {SOURCE_REAUTH})
        ]

    right = simulator.asterisk.ari_password
    simulator.asterisk.faults.add(Fault("status", status=401, times=1))
    await entry.runtime_data.archive.async_refresh()
    await wait(hass, freezer, 600)
    assert requests() == []
    simulator.asterisk.ari_password = "another"
    # The list of the archive is read again after an outage only.
    await simulator.asterisk.stop()
    await simulator.asterisk.start()
    simulator.asterisk.requests.clear()
    await wait(hass, freezer, 600)
    (asked,) = requests()
    # A wrong password is tried rarely: a server may lock out after some tries.
    assert 2 <= len(simulator.asterisk.requests) <= 3
    assert value(hass, "sensor.asterisk_active_recordings") == "0"
    await wait(hass, freezer, 600)
    assert requests() == [asked]
    simulator.asterisk.ari_password = right
    await wait(hass, freezer, 600)
    assert requests() == []
    assert value(hass, "sensor.asterisk_recordings_today") == "0"

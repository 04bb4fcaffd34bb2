"""Asterisk in Home Assistant: the real one with real calls, and the simulated one."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.call_recorder.const import DOMAIN
from custom_components.call_recorder.views import recording_path
from homeassistant.config_entries import SOURCE_USER
from homeassistant.const import STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from simulator.server import Simulator
from tests.helpers.entries import entry_data, set_up_recorder
from tests.helpers.pbx import Pbx
from tests.helpers.states import value
from tests.real_asterisk.tones import strength

_PATIENCE: Final = 60.0
RECORDING: Final = "binary_sensor.reception_recording"
OFFICE_RECORDING: Final = "binary_sensor.office_recording"
EVENTS: Final = "event.asterisk_recording_events"
ACTIVE: Final = "sensor.asterisk_active_recordings"
_LINES: Final = {
    "Reception": {"directory_number": "1002"},
    "Office": {"directory_number": "1003"},
}


@pytest.fixture
async def asterisk(
    hass: HomeAssistant, pbx: Pbx, tmp_path: Path
) -> AsyncGenerator[MockConfigEntry]:
    """Return an entry for a PBX, with two lines, that is set up."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    data = {"recorder": "asterisk", **pbx.settings}
    entry = await set_up_recorder(hass, data, lines=_LINES)
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


async def wait_for(
    hass: HomeAssistant, entity_id: str, is_so: Callable[[str], bool]
) -> None:
    """Return when an entity's state is as wanted."""
    changed = asyncio.Event()

    @callback
    def _handle(event: Event[EventStateChangedData]) -> None:
        """Look again."""
        changed.set()

    unsubscribe = async_track_state_change_event(hass, entity_id, _handle)
    try:
        async with asyncio.timeout(_PATIENCE):
            while (state := hass.states.get(entity_id)) is None or not is_so(
                state.state
            ):
                changed.clear()
                await changed.wait()
    finally:
        unsubscribe()


def follow(hass: HomeAssistant, entity_id: str) -> list[str]:
    """Return a list that the entity's events are added to, as they happen."""
    seen: list[str] = []

    @callback
    def _handle(event: Event[EventStateChangedData]) -> None:
        """Take down what happened."""
        new, old = event.data["new_state"], event.data["old_state"]
        is_news = old is None or old.state != STATE_UNAVAILABLE
        if is_news and new is not None and "event_type" in new.attributes:
            seen.append(str(new.attributes["event_type"]))

    async_track_state_change_event(hass, entity_id, _handle)
    return seen


async def _call(
    hass: HomeAssistant, entry: MockConfigEntry, action: str, **data: Any
) -> dict[str, Any]:
    """Perform an action of this recorder, and return its response."""
    response = await hass.services.async_call(
        DOMAIN,
        action,
        {"config_entry_id": entry.entry_id, **data},
        blocking=True,
        return_response=True,
    )
    assert isinstance(response, dict)
    return response


async def test_a_call(hass: HomeAssistant, pbx: Pbx, asterisk: MockConfigEntry) -> None:
    """Test a call that the PBX records, which is transferred, and its recording."""
    seen = follow(hass, EVENTS)
    call = await pbx.call("601")
    await wait_for(hass, RECORDING, lambda state: state == STATE_ON)
    active = await _call(hass, asterisk, "get_active_recordings")
    (recording,) = active["recordings"]
    assert recording["line"] == "Reception"
    assert recording["remote_party"]["phone_number"] == call.number

    await pbx.transfer(call, "801")
    await wait_for(hass, OFFICE_RECORDING, lambda state: state == STATE_ON)
    await wait_for(hass, RECORDING, lambda state: state != STATE_ON)
    await pbx.talk(call, 1.0)
    await pbx.hang_up(call)
    await wait_for(hass, ACTIVE, lambda state: state == "0")
    async with asyncio.timeout(_PATIENCE):
        while "archived" not in seen:
            # By itself it would look half a minute after the last time.
            await asterisk.runtime_data.archive.async_refresh()
    assert [event for event in seen if event in ("started", "ended", "archived")] == [
        "started",
        "ended",
        "archived",
    ]
    found = await _call(hass, asterisk, "get_recording", recording_id=recording["id"])
    assert found["state"] == "complete"


async def test_start_by_action(
    hass: HomeAssistant,
    pbx: Pbx,
    asterisk: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    tmp_path: Path,
) -> None:
    """Test that what is started by the action is what is played, and what is in a copy."""
    await wait_for(hass, RECORDING, lambda state: state != STATE_UNAVAILABLE)
    with pytest.raises(ServiceValidationError) as caught:
        await _call(hass, asterisk, "start_recording", directory_number="1002")
    assert caught.value.translation_key == "no_connected_call"

    call = await pbx.call("501")
    started = await _call(hass, asterisk, "start_recording", directory_number="1002")
    assert started["result"] == "started"
    await wait_for(hass, RECORDING, lambda state: state == STATE_ON)
    again = await _call(
        hass, asterisk, "start_recording", directory_number="1002", ensure=True
    )
    assert again == {
        "result": "already_recording",
        "recording_id": started["recording_id"],
    }
    await pbx.talk(call, 1.0)
    await _call(hass, asterisk, "stop_recording", directory_number="1002")
    await wait_for(hass, RECORDING, lambda state: state != STATE_ON)
    player = await hass_client()
    url = recording_path(asterisk.entry_id, started["recording_id"])
    played = await (await player.get(url)).read()
    assert all(strength(played, tone) > 0.5 for tone in pbx.tones)
    # Asterisk knows no ranges.
    answer = await player.get(url, headers={"Range": "bytes=44-8043"})
    assert (answer.status, await answer.read()) == (206, played[44:8044])
    copy = await _call(
        hass,
        asterisk,
        "export_recording",
        recording_id=started["recording_id"],
        path=str(tmp_path),
    )
    audio = await asyncio.to_thread(Path(copy["path"]).read_bytes)
    assert len(audio) == copy["size"]
    assert audio == played
    assert strength(audio, 700) < 0.1


async def test_line_that_must_be_recorded(hass: HomeAssistant, pbx: Pbx) -> None:
    """Test that a line starts its recordings by itself: its calls are known."""
    line = {"directory_number": "1002", "must_be_recorded": True, "auto_start": True}
    data = {"recorder": "asterisk", **pbx.settings}
    entry = await set_up_recorder(hass, data, lines={"Reception": line})
    seen = follow(hass, EVENTS)
    call = await pbx.call("501")
    await wait_for(hass, RECORDING, lambda state: state == STATE_ON)
    assert "started" in seen
    await pbx.hang_up(call)
    await wait_for(hass, RECORDING, lambda state: state != STATE_ON)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_crash(hass: HomeAssistant, pbx: Pbx, asterisk: MockConfigEntry) -> None:
    """Test that a PBX that crashes is unavailable, comes back, and nothing is made up."""
    seen = follow(hass, EVENTS)
    await pbx.call("601")
    await wait_for(hass, RECORDING, lambda state: state == STATE_ON)
    counts: list[str] = []

    @callback
    def _handle(event: Event[EventStateChangedData]) -> None:
        """Take down the count."""
        if (new := event.data["new_state"]) is not None:
            counts.append(new.state)

    async_track_state_change_event(hass, ACTIVE, _handle)
    await pbx.crash()
    # The first poll that fails is tolerated, the second is an outage.
    for _ in range(2):
        await asterisk.runtime_data.live.async_refresh()
    assert counts == [STATE_UNAVAILABLE]
    await pbx.restart()
    await wait_for(hass, ACTIVE, lambda state: state == "0")
    await pbx.call("601")
    await wait_for(hass, RECORDING, lambda state: state == STATE_ON)
    assert [event for event in seen if event in ("started", "ended")] == [
        "started",
        "ended",
        "started",
    ]


async def test_watch_only(hass: HomeAssistant, pbx: Pbx) -> None:
    """Test that a user who may only watch sees all that there is, and nothing dead."""
    data = {"recorder": "asterisk", **pbx.watcher_settings}
    entry = await set_up_recorder(hass, data, lines=_LINES)
    registry = er.async_get(hass)
    keys = {
        entity.translation_key
        for entity in er.async_entries_for_config_entry(registry, entry.entry_id)
        if entity.domain in ("button", "switch", "sensor")
    }
    assert "active_recordings" in keys
    assert not keys & {"start_recording", "recording", "last_recording"}
    await pbx.call("601")
    await wait_for(hass, RECORDING, lambda state: state == STATE_ON)
    with pytest.raises(HomeAssistantError) as caught:
        await _call(hass, entry, "get_recordings")
    assert caught.value.translation_key == "not_supported"
    await hass.config_entries.async_unload(entry.entry_id)


async def test_form(hass: HomeAssistant, pbx: Pbx) -> None:
    """Test the form, first with a wrong secret and a wrong host, and then as it is."""
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    flow = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"next_step_id": "asterisk"}
    )
    assert flow["type"] is FlowResultType.FORM
    for changes, error in (
        ({"password": "wrong"}, "invalid_auth"),
        ({"ari_password": "wrong"}, "invalid_auth"),
        ({"host": "http://pbx"}, "invalid_url"),
        ({"ari_url": "pbx"}, "invalid_url"),
        ({"port": 1}, "cannot_connect"),
    ):
        flow = await hass.config_entries.flow.async_configure(
            flow["flow_id"], {**pbx.settings, **changes}
        )
        assert flow["errors"] == {"base": error}
    flow = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {**pbx.settings, "host": f" {pbx.settings['host']} "}
    )
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert flow["title"] == "Asterisk"
    assert flow["data"] == {"recorder": "asterisk", **pbx.settings}
    await hass.config_entries.async_unload(flow["result"].entry_id)


async def test_archive_is_given_up(
    hass: HomeAssistant, pbx: Pbx, asterisk: MockConfigEntry
) -> None:
    """Test that the archive goes when its URL is emptied, and its secret stays else."""
    settings = dict(pbx.settings)
    del settings["ari_password"]
    form = await asterisk.start_reconfigure_flow(hass)
    await hass.config_entries.flow.async_configure(form["flow_id"], settings)
    assert asterisk.data == {"recorder": "asterisk", **pbx.settings}

    del settings["ari_url"]
    form = await asterisk.start_reconfigure_flow(hass)
    result = await hass.config_entries.flow.async_configure(form["flow_id"], settings)
    assert result["reason"] == "reconfigure_successful"
    assert not {key for key in asterisk.data if key.startswith("ari_")}
    await hass.async_block_till_done()


async def test_no_archive_at_first(
    hass: HomeAssistant, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Test a REST interface that is off when Home Assistant starts."""
    simulator.asterisk.has_ari = False
    entry = await set_up_recorder(hass, entry_data(simulator.asterisk))
    assert value(hass, ACTIVE) == "0"
    assert value(hass, "sensor.asterisk_last_recording") == STATE_UNAVAILABLE
    assert "Unexpected error" not in caplog.text
    await hass.config_entries.async_unload(entry.entry_id)

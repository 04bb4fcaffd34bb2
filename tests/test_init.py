"""A recorder is set up, unloaded, reloaded and removed, and leaves nothing behind."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.setup import async_setup_component
from simulator.faults import Fault
from simulator.imagicle import Imagicle
from simulator.imagicle.users import BASE_ACCESS, COMPLETE_MANAGEMENT
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import Poll, settle
from tests.helpers.entries import entry_data, set_up_recorder

_ACTIVE: Final = "sensor.imagicle_active_recordings"
_ISSUE: Final = "insufficient_permissions_01IMAGICLE"


@pytest.fixture
def recorder(simulator: Simulator) -> Imagicle:
    """Return the simulated Imagicle."""
    return simulator.imagicle


@pytest.fixture
async def branch(
    hass: HomeAssistant, imagicle: MockConfigEntry
) -> AsyncGenerator[Imagicle]:
    """Run the recorder of a branch office, with an entry of its own that is set up."""
    async with Simulator(Office(seed=2), only=("imagicle",)) as simulator:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Branch",
            data={**imagicle.data, "url": simulator.imagicle.url},
            unique_id=f"{simulator.imagicle.url}|homeassistant",
            entry_id="01BRANCH",
        )
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        yield simulator.imagicle


def _state(hass: HomeAssistant, entity_id: str) -> str:
    """Return a state."""
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state


def _entry_state(entry: MockConfigEntry) -> ConfigEntryState:
    """Return an entry's state; mypy would take it for constant."""
    return entry.state


def _entity_ids(hass: HomeAssistant, entry: MockConfigEntry) -> set[str]:
    """Return the entities of an entry."""
    registry = er.async_get(hass)
    return {
        entity.entity_id
        for entity in er.async_entries_for_config_entry(registry, entry.entry_id)
    }


def _hidden(folder: Path) -> list[Path]:
    """Return the hidden files in a folder."""
    return list(folder.glob(".*"))


async def test_actions_need_no_recorder(hass: HomeAssistant) -> None:
    """The actions are there as soon as the integration is, for automations to check."""
    assert await async_setup_component(hass, DOMAIN, {})
    assert hass.services.has_service(DOMAIN, "start_recording")


async def test_setup(
    hass: HomeAssistant,
    device_registry: dr.DeviceRegistry,
    imagicle: MockConfigEntry,
    recorder: Imagicle,
) -> None:
    """A recorder is one device of the kind service."""
    assert imagicle.state is ConfigEntryState.LOADED
    (device,) = dr.async_entries_for_config_entry(device_registry, imagicle.entry_id)
    assert device.name == "Imagicle"
    assert device.manufacturer == "Imagicle"
    assert device.model == "Call Recording"
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert device.configuration_url == recorder.url
    assert _state(hass, _ACTIVE) == "0"


async def test_no_link_to_a_bare_api(
    device_registry: dr.DeviceRegistry, bandwidth: MockConfigEntry
) -> None:
    """The device of a recorder without a web page has nothing to visit."""
    (device,) = dr.async_entries_for_config_entry(device_registry, bandwidth.entry_id)
    assert device.configuration_url is None


async def test_unload(
    hass: HomeAssistant,
    imagicle: MockConfigEntry,
    recorder: Imagicle,
    pass_time: Poll,
) -> None:
    """A recorder that is unloaded is left in peace."""
    assert await hass.config_entries.async_unload(imagicle.entry_id)
    await settle(hass)
    assert imagicle.state is ConfigEntryState.NOT_LOADED
    assert _state(hass, _ACTIVE) == "unavailable"
    seen = len(recorder.requests)
    await pass_time(301, times=3)
    assert len(recorder.requests) == seen


async def test_unload_right_after_a_command(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    recorder: Imagicle,
    pass_time: Poll,
) -> None:
    """The polls that follow a command end with the entry, too."""
    office.connect("101")
    await hass.services.async_call(
        DOMAIN, "start_recording", {"directory_number": "101"}, blocking=True
    )
    assert await hass.config_entries.async_unload(imagicle.entry_id)
    await settle(hass)
    seen = len(recorder.requests)
    await pass_time(5, times=7)
    assert len(recorder.requests) == seen


async def test_unload_that_fails(
    hass: HomeAssistant, imagicle: MockConfigEntry, recorder: Imagicle
) -> None:
    """As long as entities are left, the recorder's client is not closed."""
    with patch.object(
        hass.config_entries, "async_unload_platforms", return_value=False
    ):
        assert not await hass.config_entries.async_unload(imagicle.entry_id)
    assert _entry_state(imagicle) is ConfigEntryState.FAILED_UNLOAD
    imagicle.mock_state(hass, ConfigEntryState.LOADED)
    assert await hass.config_entries.async_unload(imagicle.entry_id)


async def test_reload(
    hass: HomeAssistant,
    office: Office,
    imagicle: MockConfigEntry,
    recorder: Imagicle,
) -> None:
    """After a reload the entities are the same, and up to date."""
    before = _entity_ids(hass, imagicle)
    assert _ACTIVE in before
    office.start_recording(office.connect("101"))
    assert await hass.config_entries.async_reload(imagicle.entry_id)
    await settle(hass)
    assert imagicle.state is ConfigEntryState.LOADED
    assert _entity_ids(hass, imagicle) == before
    assert _state(hass, _ACTIVE) == "1"


async def test_remove(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    device_registry: dr.DeviceRegistry,
    imagicle: MockConfigEntry,
    recorder: Imagicle,
    pass_time: Poll,
) -> None:
    """Nothing is left of a recorder that was removed."""
    recorder.users[0].level = BASE_ACCESS
    await pass_time(31)
    issues = ir.async_get(hass)
    assert issues.async_get_issue(DOMAIN, _ISSUE) is not None
    store = f"{DOMAIN}.{imagicle.entry_id}"
    hass_storage[store] = {"version": 1, "key": store, "data": {"token": "x"}}

    assert await hass.config_entries.async_remove(imagicle.entry_id)
    await settle(hass)
    assert store not in hass_storage
    assert issues.async_get_issue(DOMAIN, _ISSUE) is None
    assert _entity_ids(hass, imagicle) == set()
    assert hass.states.get(_ACTIVE) is None
    assert dr.async_entries_for_config_entry(device_registry, imagicle.entry_id) == []
    seen = len(recorder.requests)
    await pass_time(301)
    assert len(recorder.requests) == seen


@pytest.mark.parametrize("gives_command", [True, False])
async def test_remove_during_an_action(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    office: Office,
    simulator: Simulator,
    recorder_name: str,
    gives_command: bool,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A start or an export that is under way saves nothing of a recorder that is gone."""
    call = office.connect("102")
    office.start_recording(call)
    office.hang_up(call)
    office.connect("101")
    recorder = simulator.recorders[recorder_name]
    entry = await set_up_recorder(hass, entry_data(recorder))
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    page: Any = await hass.services.async_call(
        DOMAIN, "get_recordings", {}, blocking=True, return_response=True
    )
    name, data = "start_recording", {}
    if gives_command:
        data["directory_number"] = recorder.directory_number(office.lines[0])
    else:
        name = "export_recording"
        data["recording_id"] = page["recordings"][0]["id"]
        data["path"] = str(tmp_path)
    recorder.faults.add(Fault("hang"))
    action = asyncio.create_task(
        hass.services.async_call(DOMAIN, name, data, blocking=True)
    )
    # Asterisk's start is no HTTP, and never hangs.
    while not (recorder.faults.waiting or action.done()):
        await asyncio.sleep(0)
    removal = asyncio.create_task(hass.config_entries.async_remove(entry.entry_id))
    for _ in range(100):
        await asyncio.sleep(0)
    recorder.faults.clear()
    await removal
    with suppress(HomeAssistantError):
        await action
    await settle(hass)
    assert [key for key in hass_storage if key.startswith(DOMAIN)] == []
    assert hass.states.async_all() == []
    assert _hidden(tmp_path) == []
    assert "Traceback" not in caplog.text


async def test_remove_before_it_ever_worked(
    hass: HomeAssistant, imagicle_entry: MockConfigEntry, recorder: Imagicle
) -> None:
    """The issue of a recorder that could not be set up goes with it."""
    recorder.users[0].level = BASE_ACCESS
    await hass.config_entries.async_setup(imagicle_entry.entry_id)
    issues = ir.async_get(hass)
    assert issues.async_get_issue(DOMAIN, _ISSUE) is not None
    await hass.config_entries.async_remove(imagicle_entry.entry_id)
    assert issues.async_get_issue(DOMAIN, _ISSUE) is None


async def test_recorder_is_down_at_start(
    hass: HomeAssistant,
    imagicle_entry: MockConfigEntry,
    recorder: Imagicle,
    pass_time: Poll,
) -> None:
    """Home Assistant tries again until the recorder is there."""
    await recorder.stop()
    assert not await hass.config_entries.async_setup(imagicle_entry.entry_id)
    assert _entry_state(imagicle_entry) is ConfigEntryState.SETUP_RETRY
    assert imagicle_entry.reason == "Failed to connect to the recorder"
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []
    await recorder.start()
    await pass_time(60)
    assert _entry_state(imagicle_entry) is ConfigEntryState.LOADED
    assert _state(hass, _ACTIVE) == "0"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=500),
        Fault("status", status=503, retry_after=5),
        Fault("drop"),
        Fault("login_page"),
        Fault("empty_object"),
    ],
)
async def test_recorder_answers_nonsense_at_start(
    hass: HomeAssistant,
    imagicle_entry: MockConfigEntry,
    recorder: Imagicle,
    fault: Fault,
    pass_time: Poll,
) -> None:
    """Whatever answers while the recorder starts is not for ever."""
    recorder.faults.add(fault)
    assert not await hass.config_entries.async_setup(imagicle_entry.entry_id)
    assert _entry_state(imagicle_entry) is ConfigEntryState.SETUP_RETRY
    recorder.faults.clear()
    await pass_time(60)
    assert _entry_state(imagicle_entry) is ConfigEntryState.LOADED


async def test_wrong_credentials_at_start(
    hass: HomeAssistant, imagicle_entry: MockConfigEntry, recorder: Imagicle
) -> None:
    """A changed password is tried twice and asked for, not tried again and again."""
    recorder.users[0].password = "changed"
    assert not await hass.config_entries.async_setup(imagicle_entry.entry_id)
    assert _entry_state(imagicle_entry) is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert flow["context"]["entry_id"] == imagicle_entry.entry_id
    assert len(recorder.requests) == 2


async def test_missing_permission_at_start(
    hass: HomeAssistant,
    imagicle_entry: MockConfigEntry,
    recorder: Imagicle,
    pass_time: Poll,
) -> None:
    """403 is an issue for the recorder's administrator, which clears itself."""
    recorder.users[0].level = BASE_ACCESS
    assert not await hass.config_entries.async_setup(imagicle_entry.entry_id)
    assert _entry_state(imagicle_entry) is ConfigEntryState.SETUP_RETRY
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []
    issue = ir.async_get(hass).async_get_issue(DOMAIN, _ISSUE)
    assert issue is not None
    assert issue.translation_key == "insufficient_permissions"
    assert issue.translation_placeholders == {"recorder": "Imagicle"}

    recorder.users[0].level = COMPLETE_MANAGEMENT
    await pass_time(60)
    assert _entry_state(imagicle_entry) is ConfigEntryState.LOADED
    assert ir.async_get(hass).async_get_issue(DOMAIN, _ISSUE) is None


async def test_issue_goes_when_the_recorder_is_unloaded(
    hass: HomeAssistant,
    imagicle: MockConfigEntry,
    recorder: Imagicle,
    pass_time: Poll,
) -> None:
    """There is no need to fix a recorder that is switched off."""
    recorder.users[0].level = BASE_ACCESS
    await pass_time(31)
    assert ir.async_get(hass).async_get_issue(DOMAIN, _ISSUE) is not None
    await hass.config_entries.async_unload(imagicle.entry_id)
    assert ir.async_get(hass).async_get_issue(DOMAIN, _ISSUE) is None


async def test_credentials_in_clear(
    hass: HomeAssistant,
    simulator: Simulator,
    recorder_name: str,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Where a recorder gets a secret by http, that is said until it is ignored or gone."""
    entry = await set_up_recorder(hass, entry_data(simulator.recorders[recorder_name]))
    key = (DOMAIN, f"unencrypted_{entry.entry_id}")
    issue = issue_registry.async_get_issue(*key)
    assert issue is not None
    assert issue.translation_placeholders == {"recorder": entry.title}
    issue_registry.async_ignore(*key, ignore=True)
    await hass.config_entries.async_reload(entry.entry_id)
    issue = issue_registry.async_get_issue(*key)
    assert issue is not None
    assert issue.dismissed_version is not None
    await hass.config_entries.async_remove(entry.entry_id)
    assert issue_registry.async_get_issue(*key) is None


# --- Two recorders ---


async def test_two_recorders(
    hass: HomeAssistant, imagicle: MockConfigEntry, branch: Imagicle
) -> None:
    """Each recorder has entities of its own, which show its own office."""
    branch.office.start_recording(branch.office.connect("101"))
    assert await hass.config_entries.async_reload("01BRANCH")
    assert _state(hass, "sensor.branch_active_recordings") == "1"
    assert _state(hass, _ACTIVE) == "0"


async def test_one_of_two_recorders_fails(
    hass: HomeAssistant,
    imagicle: MockConfigEntry,
    branch: Imagicle,
    pass_time: Poll,
) -> None:
    """An outage of one recorder is no outage of the other."""
    await branch.stop()
    await pass_time(31, times=3)
    assert _state(hass, "sensor.branch_active_recordings") == "unavailable"
    assert _state(hass, _ACTIVE) == "0"


async def test_one_of_two_recorders_is_removed(
    hass: HomeAssistant,
    imagicle: MockConfigEntry,
    branch: Imagicle,
    office: Office,
) -> None:
    """The other recorder goes on, with its entities and the actions."""
    await hass.config_entries.async_remove("01BRANCH")
    office.connect("101")
    await hass.services.async_call(
        DOMAIN, "start_recording", {"directory_number": "101"}, blocking=True
    )
    await settle(hass)
    assert hass.states.get("sensor.branch_active_recordings") is None
    assert _state(hass, _ACTIVE) == "1"

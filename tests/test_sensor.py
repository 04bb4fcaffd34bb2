"""The sensors show what the recorder says."""

from datetime import timedelta

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.call_recorder.const import DOMAIN
from homeassistant.const import STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import TEN, Poll
from tests.helpers.entries import set_up
from tests.helpers.states import get_state, value

pytestmark = pytest.mark.usefixtures("ten_oclock")

ACTIVE = "sensor.imagicle_active_recordings"
PAUSED = "sensor.imagicle_paused_recordings"
LONGEST = "sensor.imagicle_longest_active_duration"
TOTAL = "sensor.imagicle_total_active_duration"
OLDEST = "sensor.imagicle_oldest_active_start"
RECORDING = "binary_sensor.imagicle_recording"

LIVE_PATH = "/LiveRecordings"


@pytest.fixture
def platforms() -> list[Platform]:
    """Return the platforms to set up."""
    return [Platform.SENSOR]


@pytest.mark.usefixtures("all_enabled")
async def test_all_sensors(
    hass: HomeAssistant,
    busy: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    """Every sensor is what it was, and shows what it should."""
    await snapshot_platform(hass, entity_registry, snapshot, busy.entry_id)


async def test_recordings_come_and_go(
    hass: HomeAssistant, office: Office, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """A recording is counted while it runs."""
    assert value(hass, ACTIVE) == "0"
    call = office.connect("101")
    office.start_recording(call)
    await pass_time(31)
    assert value(hass, ACTIVE) == "1"
    assert value(hass, LONGEST) == "31"
    assert value(hass, RECORDING) == "on"
    office.hang_up(call)
    await pass_time(31)
    assert value(hass, ACTIVE) == "0"


async def test_nothing_is_recorded(
    hass: HomeAssistant, imagicle: MockConfigEntry
) -> None:
    """Durations are zero when nothing runs; a start is unknown."""
    assert [value(hass, entity_id) for entity_id in (ACTIVE, PAUSED)] == ["0", "0"]
    assert [value(hass, entity_id) for entity_id in (LONGEST, TOTAL)] == ["0", "0"]
    assert value(hass, OLDEST) == STATE_UNKNOWN


async def test_durations_add_up(
    hass: HomeAssistant, office: Office, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """The longest and the sum of three recordings; the oldest is the first."""
    for number in ("101", "102", "103"):
        office.start_recording(office.connect(number))
        await pass_time(31)
    assert value(hass, ACTIVE) == "3"
    assert value(hass, LONGEST) == "93"
    assert value(hass, TOTAL) == str(31 + 62 + 93)
    assert value(hass, OLDEST) == TEN.isoformat()


@pytest.mark.parametrize(
    ("rows", "longest", "total", "oldest"),
    [
        ('[{"id": "a"}]', STATE_UNKNOWN, STATE_UNKNOWN, STATE_UNKNOWN),
        (
            '[{"id": "a"}, {"id": "b", "duration": "PT1M13S"}]',
            "73",
            STATE_UNKNOWN,
            "2027-07-02T09:58:47+00:00",
        ),
        (
            '[{"id": "a", "duration": "PT1H"}, {"id": "b", "duration": "PT1M13S"}]',
            "3600",
            "3673",
            "2027-07-02T09:00:00+00:00",
        ),
    ],
)
async def test_what_is_not_reported_is_not_zero(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle_entry: MockConfigEntry,
    rows: str,
    longest: str,
    total: str,
    oldest: str,
) -> None:
    """A recording that does not report its start leaves honest gaps."""
    simulator.imagicle.faults.add(Fault("body", path=LIVE_PATH, body=rows))
    await set_up(hass, imagicle_entry)
    assert value(hass, LONGEST) == longest
    assert value(hass, TOTAL) == total
    assert value(hass, OLDEST) == oldest
    assert value(hass, PAUSED) == STATE_UNKNOWN


@pytest.mark.parametrize("platforms", [[Platform.SENSOR, Platform.BINARY_SENSOR]])
@pytest.mark.usefixtures("all_enabled")
async def test_attributes_hold_no_lists(
    hass: HomeAssistant, busy: MockConfigEntry
) -> None:
    """What a list would show comes from an action: the database stays small."""
    states = hass.states.async_all(["sensor", "binary_sensor"])
    assert len(states) > 15
    # The one list that Home Assistant itself wants: what an enumeration can say.
    shown = [
        attribute
        for state in states
        for name, attribute in state.attributes.items()
        if name != "options"
    ]
    assert [kind for kind in map(type, shown) if kind in (list, dict, tuple, set)] == []
    assert all(len(repr(dict(state.attributes))) < 1000 for state in states)


def _device(
    registry: dr.DeviceRegistry, entry: MockConfigEntry, identifier: str
) -> dr.DeviceEntry:
    """Return the device of a recorder or a line."""
    [device] = [
        device
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id)
        if (DOMAIN, identifier) in device.identifiers
    ]
    return device


@pytest.mark.parametrize("platforms", [[Platform.SENSOR, Platform.BINARY_SENSOR]])
@pytest.mark.usefixtures("all_enabled")
async def test_entities_and_their_devices(
    hass: HomeAssistant,
    busy: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    """An entity is known by recorder and line, never by an address, and named by them."""
    recorder = _device(device_registry, busy, busy.entry_id)
    line = _device(device_registry, busy, "01LINE")
    entities = er.async_entries_for_config_entry(entity_registry, busy.entry_id)
    assert {entity.device_id for entity in entities} == {recorder.id, line.id}
    for entity in entities:
        assert entity.has_entity_name
        assert entity.translation_key
        on_line = entity.device_id == line.id
        owner = f"{busy.entry_id}_01LINE" if on_line else busy.entry_id
        assert entity.unique_id == f"{owner}_{entity.translation_key}"
        assert entity.config_subentry_id == ("01LINE" if on_line else None)


async def test_the_recorders_device(
    hass: HomeAssistant,
    busy: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    simulator: Simulator,
) -> None:
    """The recorder is a service, with a link to where it is."""
    device = _device(device_registry, busy, busy.entry_id)
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert device.configuration_url == simulator.imagicle.url
    assert (device.name, device.manufacturer, device.model) == (
        "Imagicle",
        "Imagicle",
        "Call Recording",
    )


@pytest.mark.usefixtures("all_enabled")
async def test_units(hass: HomeAssistant, busy: MockConfigEntry) -> None:
    """Durations are in what people read, exact to a second; counts can be charted."""
    for entity_id in (LONGEST, TOTAL, "sensor.reception_active_duration"):
        attributes = get_state(hass, entity_id).attributes
        assert attributes["unit_of_measurement"] == "min"
        assert attributes["device_class"] == "duration"
    for entity_id in (ACTIVE, PAUSED):
        assert get_state(hass, entity_id).attributes["state_class"] == "measurement"
    starts = [value(hass, OLDEST), value(hass, "sensor.reception_active_start")]
    assert starts == [
        (TEN + timedelta(seconds=seconds)).isoformat() for seconds in (-600, -300)
    ]

"""An office, its recorders on loopback, and Home Assistant in front of them."""

import asyncio
import asyncio.constants
from collections.abc import AsyncGenerator, Generator
from datetime import timedelta
import traceback
from typing import Any
from unittest.mock import patch

from aiohttp import ClientSession
from freezegun.api import FrozenDateTimeFactory
from hypothesis import settings
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.call_recorder.api.bandwidth.client import BandwidthClient
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator.calls import Call
from simulator.office import Office
from simulator.server import RECORDERS as SIMULATED, Simulator
from simulator.yeastar import Yeastar
from tests.helpers.asterisk import SimulatedPbx
from tests.helpers.clock import TEN, IdleClock, Poll, settle
from tests.helpers.entries import add_reception, entry_data, make_entry, set_up
from tests.helpers.house import House
from tests.helpers.pbx import Pbx
from tests.helpers.planted import PASSWORD, REMOTE_NUMBER, USERNAME
from tests.real_asterisk.servers import Servers

# The same examples on every machine, however slow: scripts/fuzz looks for new ones.
settings.register_profile("suite", derandomize=True, deadline=None, database=None)
settings.load_profile("suite")


@pytest.fixture(scope="session", autouse=True)
def _shorten_stacks() -> Generator[None]:
    """Note in one line who has created each callback and each future: whole stacks take half of the suite's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.constants, "DEBUG_STACK_DEPTH", 1)
        # asyncio's part in C keeps this function, and gives it no limit.
        patch.setattr(traceback.extract_stack, "__defaults__", (None, 1))
        yield


@pytest.fixture(autouse=True)
def _enable_custom_integration(enable_custom_integrations: None) -> None:
    """Let Home Assistant find this integration."""


@pytest.fixture(autouse=True)
def _leave_out_request_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send Bandwidth's requests at once: with a frozen clock the interval never ends."""
    monkeypatch.setattr(BandwidthClient, "request_interval", 0.0)


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Write snapshots as Home Assistant's own tests do.

    Without what is random, and without what only the newer releases have.
    """
    return snapshot.with_defaults(
        extension_class=HomeAssistantSnapshotExtension, exclude=props("compat_name")
    )


@pytest.fixture
def ten_oclock(freezer: FrozenDateTimeFactory) -> None:
    """Let time stand still, at ten in the morning."""
    freezer.move_to(TEN)


@pytest.fixture
async def session(socket_enabled: None) -> AsyncGenerator[ClientSession]:
    """Return a session of its own, as a plain script has it."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
def office() -> Office:
    """Return an office in which there are no calls."""
    return Office(seed=1)


@pytest.fixture
async def simulator(office: Office, socket_enabled: None) -> AsyncGenerator[Simulator]:
    """Run the recorders' servers on loopback."""
    async with Simulator(office) as simulator:
        yield simulator


@pytest.fixture(params=SIMULATED)
def recorder_name(request: pytest.FixtureRequest) -> str:
    """Return the name of each simulated recorder in turn."""
    name: str = request.param
    return name


@pytest.fixture
def recorder_data(simulator: Simulator, recorder_name: str) -> dict[str, Any]:
    """Return the data of an entry for each simulated recorder in turn."""
    return entry_data(simulator.recorders[recorder_name])


@pytest.fixture
def imagicle_data(simulator: Simulator) -> dict[str, Any]:
    """Return the data of an entry for the simulated Imagicle."""
    return entry_data(simulator.imagicle)


@pytest.fixture
def bandwidth_data(simulator: Simulator) -> dict[str, Any]:
    """Return the data of an entry for the simulated Bandwidth."""
    return entry_data(simulator.bandwidth)


@pytest.fixture
def yeastar_data(simulator: Simulator) -> dict[str, Any]:
    """Return the data of an entry for the simulated Yeastar."""
    return entry_data(simulator.yeastar)


@pytest.fixture(scope="session")
def real_servers(tmp_path_factory: pytest.TempPathFactory) -> Generator[Servers]:
    """Start real servers when they are first asked for."""
    servers = Servers(tmp_path_factory.mktemp("asterisk"))
    yield servers
    servers.close()


@pytest.fixture(
    params=[
        "simulated",
        pytest.param("22", marks=pytest.mark.real_asterisk),
        pytest.param("16", marks=pytest.mark.real_asterisk),
    ]
)
async def pbx(
    request: pytest.FixtureRequest, real_servers: Servers, socket_enabled: None
) -> AsyncGenerator[Pbx]:
    """Return a PBX without calls."""
    if request.param == "simulated":
        simulated = SimulatedPbx()
        await simulated.start()
        yield simulated
        await simulated.stop()
    else:
        server = await asyncio.to_thread(real_servers.get, request.param)
        yield server
        await server.clear()
    await asyncio.get_running_loop().shutdown_default_executor()


@pytest.fixture
def imagicle_entry(
    hass: HomeAssistant, imagicle_data: dict[str, Any]
) -> MockConfigEntry:
    """Return an entry for the simulated Imagicle, not set up yet."""
    return make_entry(hass, imagicle_data)


@pytest.fixture
async def imagicle(
    hass: HomeAssistant, imagicle_entry: MockConfigEntry
) -> MockConfigEntry:
    """Return an entry for the simulated Imagicle that is set up."""
    await set_up(hass, imagicle_entry)
    return imagicle_entry


@pytest.fixture
async def bandwidth(
    hass: HomeAssistant, bandwidth_data: dict[str, Any]
) -> MockConfigEntry:
    """Return an entry for the simulated Bandwidth that is set up."""
    entry = make_entry(hass, bandwidth_data)
    await set_up(hass, entry)
    return entry


@pytest.fixture
async def yeastar(hass: HomeAssistant, yeastar_data: dict[str, Any]) -> MockConfigEntry:
    """Return an entry for the simulated Yeastar that is set up."""
    entry = make_entry(hass, yeastar_data)
    await set_up(hass, entry)
    return entry


@pytest.fixture
def pass_time(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Poll:
    """Return a function that lets seconds pass, and what is due then happen."""

    async def pass_time(seconds: float, times: int = 1) -> None:
        for _ in range(times):
            # A request under way would time out with the clock that leaps.
            await settle(hass)
            freezer.tick(timedelta(seconds=seconds))
            async_fire_time_changed(hass)
            await settle(hass)

    return pass_time


@pytest.fixture
async def house(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    recorder_name: str,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> House:
    """Return a house whose recorder records line 101, not set up yet."""
    assert await async_setup_component(hass, "media_source", {})
    recorder = simulator.recorders[recorder_name]
    finished = office.connect("101")
    office.start_recording(finished)
    freezer.tick(60)
    office.hang_up(finished)
    office.start_recording(office.connect("101"))
    options = (
        {
            "recorded_calls": "extensions",
            "recorded_extensions": [recorder.directory_number(office.line("101"))],
        }
        if recorder_name == "yeastar"
        else {}
    )
    if isinstance(recorder, Yeastar):
        # When a push comes is the network's to say: here, each poll is one of the clock's.
        recorder.refusals["subscribe"] = 10009
    entry = make_entry(hass, entry_data(recorder), options=options)
    return House(hass, office, recorder, entry, IdleClock(freezer, monkeypatch))


@pytest.fixture
def all_enabled() -> Generator[None]:
    """Enable also the entities that a user has to enable."""
    with patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default", True
    ):
        yield


@pytest.fixture
async def busy(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle_data: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    platforms: list[Platform],
) -> AsyncGenerator[MockConfigEntry]:
    """Return an Imagicle with a line, two active recordings and an archive."""
    await hass.config.async_set_time_zone("Europe/Rome")
    freezer.tick(-3600)
    for _ in range(2):
        call = office.connect("101")
        office.start_recording(call)
        freezer.tick(300)
        office.hang_up(call)
    freezer.tick(2400)
    office.pause(office.start_recording(office.connect("102")))
    freezer.tick(300)
    office.start_recording(office.connect("101"))
    freezer.tick(73)
    entry = make_entry(
        hass,
        imagicle_data,
        subentries_data=add_reception(directory_number="101"),
    )
    with patch("custom_components.call_recorder.PLATFORMS", platforms):
        await set_up(hass, entry)
        yield entry
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def planted_call(office: Office, simulator: Simulator) -> Call:
    """Plant secrets and names wherever there are some; return a call of theirs."""
    user = simulator.imagicle.users[0]
    user.username, user.password = USERNAME, PASSWORD
    line = office.lines[0]
    line.number = "4711008"
    line.device_name = "SEPHUSH4711"
    line.username = "hush.user"
    line.first_name, line.last_name = "Hushfirst", "Hushlast"
    line.group, line.department = "Hushgroup", "Hushdepartment"
    return office.connect(
        "4711008", remote=REMOTE_NUMBER, remote_name=("Hushremote", "Hushcaller")
    )


@pytest.fixture
def planted_options() -> dict[str, Any]:
    """Return the options of the recorder."""
    return {"mask_numbers": True}


@pytest.fixture
async def planted_recorder(
    hass: HomeAssistant,
    imagicle_data: dict[str, Any],
    planted_call: Call,
    office: Office,
    planted_options: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> MockConfigEntry:
    """Return the recorder, with a line, while the call is being recorded."""
    recording = office.start_recording(planted_call)
    recording.note, recording.preserved = "hushnote", True
    entry = make_entry(
        hass,
        imagicle_data | {"username": USERNAME, "password": PASSWORD},
        options=planted_options,
        subentries_data=add_reception(device_name="SEPHUSH4711"),
    )
    await set_up(hass, entry)
    return entry

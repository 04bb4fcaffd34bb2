"""Each issue can be mended, or taken note of, where it is shown."""

from http import HTTPStatus
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.call_recorder.const import DOMAIN
from custom_components.call_recorder.issues import IssueKey, async_create_issue
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator.faults import Fault
from simulator.server import Simulator
from tests.helpers.clock import Poll, settle


class Repairs:
    """The page *Repairs* of the browser."""

    def __init__(self, hass: HomeAssistant, client: Any) -> None:
        """Use the browser's session."""
        self._hass = hass
        self._client = client

    async def _post(self, path: str, data: dict[str, Any]) -> dict[str, Any]:
        """Send what the page sends."""
        response = await self._client.post(f"/api/repairs/issues/fix{path}", json=data)
        assert response.status == HTTPStatus.OK
        result: dict[str, Any] = await response.json()
        return result

    async def open(self, entry: MockConfigEntry, key: IssueKey) -> dict[str, Any]:
        """Open the dialog of an issue."""
        issue_id = f"{key}_{entry.entry_id}"
        form = await self._post("", {"handler": DOMAIN, "issue_id": issue_id})
        assert form["type"] == "form"
        assert form["step_id"] == "confirm"
        assert form["description_placeholders"] == {"recorder": entry.title}
        return form

    async def submit(self, form: dict[str, Any]) -> dict[str, Any]:
        """Submit the dialog."""
        result = await self._post(f"/{form['flow_id']}", {})
        await settle(self._hass)
        return result


@pytest.fixture
async def repairs(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Repairs:
    """Return the page *Repairs*."""
    assert await async_setup_component(hass, "repairs", {})
    return Repairs(hass, await hass_client())


def _has_issue(
    registry: ir.IssueRegistry, entry: MockConfigEntry, key: IssueKey
) -> bool:
    """Return whether an issue is shown."""
    return registry.async_get_issue(DOMAIN, f"{key}_{entry.entry_id}") is not None


@pytest.mark.parametrize(
    ("refusals", "key"),
    [
        ({"": 70123}, IssueKey.API_DISABLED),
        ({"call/": 10005}, IssueKey.INSUFFICIENT_PERMISSIONS),
        ({"": 70004}, IssueKey.IP_BLOCKED),
    ],
)
async def test_try_again(
    hass: HomeAssistant,
    simulator: Simulator,
    yeastar: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    repairs: Repairs,
    pass_time: Poll,
    refusals: dict[str, int],
    key: IssueKey,
) -> None:
    """What the PBX's administrator has mended is tried at once, not at the next poll."""
    simulator.yeastar.refusals = refusals
    await pass_time(61, times=3)
    assert _has_issue(issue_registry, yeastar, key)
    form = await repairs.open(yeastar, key)
    result = await repairs.submit(form)
    assert result["type"] == "form"
    assert result["errors"] == {"base": "still_refused"}
    assert _has_issue(issue_registry, yeastar, key)

    simulator.yeastar.refusals = {}
    result = await repairs.submit(form)
    assert result["type"] == "create_entry"
    assert not _has_issue(issue_registry, yeastar, key)
    assert yeastar.runtime_data.live.last_update_success


async def test_the_archive_is_allowed(
    hass: HomeAssistant,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    repairs: Repairs,
    pass_time: Poll,
) -> None:
    """Nothing is broken while only the archive may not be read: a warning."""
    simulator.imagicle.faults.add(Fault("status", path="/Recordings", status=403))
    await pass_time(301)
    await pass_time(301)
    key = IssueKey.ARCHIVE_NOT_ALLOWED
    issue = issue_registry.async_get_issue(DOMAIN, f"{key}_{imagicle.entry_id}")
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.WARNING
    assert issue.learn_more_url is not None
    simulator.imagicle.faults.clear()
    result = await repairs.submit(await repairs.open(imagicle, key))
    assert result["type"] == "create_entry"
    assert not _has_issue(issue_registry, imagicle, key)


async def test_a_service_that_has_moved(
    hass: HomeAssistant,
    bandwidth_data: dict[str, Any],
    bandwidth: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    repairs: Repairs,
) -> None:
    """The dialog leads to the form that changes the URL."""
    entry = bandwidth
    async_create_issue(hass, entry, IssueKey.SERVICE_GONE)
    form = await repairs.open(entry, IssueKey.SERVICE_GONE)
    result = await repairs.submit(form)
    assert result["type"] == "abort"
    assert result["reason"] == "reconfigure"
    kind, flow_id = result["next_flow"]
    assert kind == "config_flow"
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert (flow["flow_id"], flow["step_id"]) == (flow_id, "reconfigure")
    assert _has_issue(issue_registry, entry, IssueKey.SERVICE_GONE)

    typed = {key: entry.data[key] for key in bandwidth_data if key != "recorder"}
    await hass.config_entries.flow.async_configure(flow_id, typed)
    await settle(hass)
    assert not _has_issue(issue_registry, entry, IssueKey.SERVICE_GONE)


@pytest.mark.parametrize(
    "key", [IssueKey.NO_CHANNEL_AVAILABLE, IssueKey.RECORDINGS_LOST]
)
async def test_take_note(
    hass: HomeAssistant,
    imagicle: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    repairs: Repairs,
    key: IssueKey,
) -> None:
    """What has happened cannot be mended here: the issue goes when it was read."""
    async_create_issue(hass, imagicle, key)
    result = await repairs.submit(await repairs.open(imagicle, key))
    assert result["type"] == "create_entry"
    assert not _has_issue(issue_registry, imagicle, key)

"""Who may do what: the table in docs/security.md is what these tests see."""

from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.call_recorder.const import DOMAIN
from custom_components.call_recorder.media_source.folders import recording_identifier
from custom_components.call_recorder.views import recording_path
from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.auth.models import RefreshToken
from homeassistant.components.http.auth import async_sign_path
from homeassistant.components.media_source import Unresolvable, async_resolve_media
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import Poll
from tests.helpers.entries import set_up_recorder

_DOC: Final = Path(__file__).parents[1] / "docs" / "security.md"
_APP: Final = {
    "app_id": "test",
    "app_name": "Test",
    "app_version": "1",
    "device_name": "Phone",
    "manufacturer": "Test",
    "model": "Test",
    "os_name": "Test",
    "os_version": "1",
    "supports_encryption": False,
    "device_id": "phone",
}
"""What the companion app registers with."""
_NUMBER: Final = "15551234"
_ROLES: Final = ("Administrator", "User", "Read-only user", "Automation")
_GROUPS: Final = {
    "Administrator": GROUP_ID_ADMIN,
    "User": GROUP_ID_USER,
    "Read-only user": GROUP_ID_READ_ONLY,
}
_ACTIONS: Final[dict[str, dict[str, Any]]] = {
    "start_recording": {"directory_number": "101"},
    "pause_recording": {"directory_number": "101"},
    "resume_recording": {"directory_number": "101"},
    "stop_recording": {"directory_number": "101"},
    "get_active_recordings": {},
    "get_recordings": {},
    "get_recording": {"recording_id": ""},
    "export_recording": {"recording_id": "", "path": ""},
}


class Person:
    """A user of a role, with all that a browser can do."""

    def __init__(
        self,
        hass: HomeAssistant,
        user: MockUser | None,
        finished: str,
        folder: Path,
    ) -> None:
        """Take the user; an automation has none."""
        self._hass = hass
        self._user = user
        self._finished = finished
        self._folder = folder

    async def act(self, action: str) -> bool:
        """Call an action; return whether it was allowed."""
        data = dict(_ACTIONS[action])
        if "recording_id" in data:
            data["recording_id"] = self._finished
        if "path" in data:
            data["path"] = str(self._folder)
        context = Context(user_id=self._user.id if self._user else None)
        try:
            await self._hass.services.async_call(
                DOMAIN,
                action,
                data,
                blocking=True,
                context=context,
                return_response=True,
            )
        except Unauthorized:
            return False
        return True

    async def sign_in(self) -> RefreshToken:
        """Return the token of a browser of the user."""
        assert self._user is not None
        return await self._hass.auth.async_create_refresh_token(
            self._user, "https://client.example"
        )


class Window:
    """A browser of a user, in which numbers are looked for."""

    def __init__(self, client: MockHAClientWebSocket) -> None:
        """Take the connection."""
        self._client = client

    async def ask(self, command: str, **fields: Any) -> str:
        """Return all that comes until the answer to a command, and right behind it."""
        told: list[Any] = []
        for message, last in (
            ({"type": command, **fields}, "result"),
            ({"type": "ping"}, "pong"),
        ):
            await self._client.send_json_auto_id(message)
            while not told or told[-1]["type"] != last:
                told.append(await self._client.receive_json())
        return str(told)

    async def act(self, action: str) -> str:
        """Return the answer of an action."""
        return await self.ask(
            "call_service", domain=DOMAIN, service=action, return_response=True
        )

    async def browse(self, what: str, **fields: str) -> str:
        """Return what the media browser shows of today."""
        place = f"media-source://{DOMAIN}/01IMAGICLE/all/{dt_util.now():%Y-%m/%d}"
        return await self.ask(
            f"media_source/{what}_media", media_content_id=place, **fields
        )

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()


@pytest.fixture
def finished(
    office: Office, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> str:
    """Return the id of a finished recording, while another call is on line 101."""
    call = office.connect("102")
    recording = office.start_recording(call)
    freezer.tick(timedelta(seconds=20))
    office.hang_up(call)
    office.connect("101")
    return simulator.imagicle.id_of(recording)


@pytest.fixture(params=["administrators", "everyone"])
async def listening(
    request: pytest.FixtureRequest,
    hass: HomeAssistant,
    finished: str,
    imagicle_data: dict[str, Any],
    tmp_path: Path,
) -> str:
    """Set a recorder up with each choice of the option, and return that."""
    choice: str = request.param
    await set_up_recorder(
        hass, imagicle_data, options={"listening": choice, "mask_numbers": True}
    )
    assert await async_setup_component(hass, "media_source", {})
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    return choice


async def _person(
    hass: HomeAssistant, role: str, finished: str, folder: Path
) -> Person:
    """Return a user of a role."""
    user: MockUser | None = None
    if role in _GROUPS:
        group = await hass.auth.async_get_group(_GROUPS[role])
        assert group is not None
        user = MockUser(groups=[group]).add_to_hass(hass)
    return Person(hass, user, finished, folder)


async def test_roles_and_actions(
    hass: HomeAssistant,
    listening: str,
    finished: str,
    tmp_path: Path,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """What each role may do is what docs/security.md says."""
    seen: dict[str, list[bool]] = {}
    for role in _ROLES:
        person = await _person(hass, role, finished, tmp_path)
        for action in _ACTIONS:
            seen.setdefault(f"`{action}`", []).append(await person.act(action))
        path, validity = recording_path("01IMAGICLE", finished), timedelta(minutes=1)
        if role == "Automation":
            signed = async_sign_path(hass, path, validity, use_content_user=True)
            browses = searches = True
        else:
            token = await person.sign_in()
            signed = async_sign_path(hass, path, validity, refresh_token_id=token.id)
            access_token = hass.auth.async_create_access_token(token)
            client = await hass_ws_client(hass, access_token)
            place = f"media-source://{DOMAIN}/01IMAGICLE"
            browses = await _is_granted(client, "media_source/browse_media", place)
            searches = await _is_granted(
                client, "media_source/search_media", place, search_query="555"
            )
            await client.close()
        browser = await hass_client_no_auth()
        response = await browser.get(signed)
        assert response.status in (HTTPStatus.OK, HTTPStatus.FORBIDDEN)
        seen.setdefault("Browse the archive", []).append(browses)
        seen.setdefault("Search the archive", []).append(searches)
        seen.setdefault("Listen", []).append(response.status == HTTPStatus.OK)
    assert _table(listening) == _rows(seen)


async def _is_granted(client: Any, command: str, place: str, **more: str) -> bool:
    """Send a command of the media browser; return whether it was granted."""
    await client.send_json_auto_id({"type": command, "media_content_id": place, **more})
    return bool((await client.receive_json())["success"])


def _rows(seen: dict[str, list[bool]]) -> list[str]:
    """Return the table's rows for what was seen."""
    return [
        f"| {name} | {' | '.join('yes' if may else 'no' for may in row)} |"
        for name, row in seen.items()
    ]


def _table(listening: str) -> list[str]:
    """Return the rows of the table for one choice of the option."""
    _, _, section = _DOC.read_text().partition(f"`listening`: `{listening}`")
    lines = section.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("|---")) + 1
    last = next(n for n in range(first, len(lines)) if not lines[n].startswith("|"))
    return lines[first:last]


async def test_a_user_who_may_not_listen_sees_no_numbers(
    hass: HomeAssistant,
    listening: str,
    finished: str,
    office: Office,
    tmp_path: Path,
    hass_read_only_user: MockUser,
) -> None:
    """Active recordings are reported with masked numbers to those who may not listen."""
    office.start_recording(office.calls[0])
    response = await hass.services.async_call(
        DOMAIN,
        "get_active_recordings",
        {},
        blocking=True,
        context=Context(user_id=hass_read_only_user.id),
        return_response=True,
    )
    assert response is not None
    recordings: Any = response["recordings"]
    assert len(recordings) == 1
    number = recordings[0]["remote_party"]["phone_number"]
    assert number == ("+15551234" if listening == "everyone" else "••••••234")


@pytest.mark.parametrize("masks", [True, False])
@pytest.mark.parametrize("everyone", [True, False])
async def test_who_sees_whole_numbers(
    hass: HomeAssistant,
    finished: str,
    office: Office,
    imagicle_data: dict[str, Any],
    tmp_path: Path,
    hass_ws_client: WebSocketGenerator,
    pass_time: Poll,
    masks: bool,
    everyone: bool,
) -> None:
    """Of each role, in each combination of the two options, wherever numbers are shown."""
    listening = "everyone" if everyone else "administrators"
    options = {"listening": listening, "mask_numbers": masks}
    await set_up_recorder(hass, imagicle_data, options=options)
    assert await async_setup_component(hass, "media_source", {})
    office.start_recording(office.calls[-1])
    await pass_time(31)
    for role in _GROUPS:
        person = await _person(hass, role, finished, tmp_path)
        may_listen = everyone or role == "Administrator"
        token = hass.auth.async_create_access_token(await person.sign_in())
        window = Window(await hass_ws_client(hass, token))
        sees_whole = {
            "states": _NUMBER in await window.ask("get_states"),
            "card": _NUMBER in await window.ask(f"{DOMAIN}/subscribe"),
            "media browser": _NUMBER in await window.browse("browse"),
            "search": _NUMBER in await window.browse("search", search_query=_NUMBER),
            "search by last digits": _NUMBER
            in await window.browse("search", search_query="34"),
            "active": _NUMBER in await window.act("get_active_recordings"),
            "archive": _NUMBER in await window.act("get_recordings"),
        }
        assert (role, sees_whole) == (
            role,
            {
                "states": not masks,
                "card": not masks,
                "media browser": may_listen and not masks,
                "search": may_listen and not masks,
                "search by last digits": may_listen and not masks,
                "active": may_listen or not masks,
                "archive": may_listen,
            },
        )
        await window.close()


async def test_a_user_of_one_line(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    imagicle_data: dict[str, Any],
    device_registry: dr.DeviceRegistry,
) -> None:
    """The right to one line is no right to what other fields name."""
    entry = await set_up_recorder(
        hass, imagicle_data, lines={"Reception": {"directory_number": "101"}}
    )
    office.connect("101")
    other = office.start_recording(office.connect("102"))
    (line_id,) = entry.subentries
    device = device_registry.async_get_device_by_identifier(
        (DOMAIN, line_id), entry.entry_id
    )
    assert device is not None
    user = MockUser().add_to_hass(hass)
    user.mock_policy(
        {"entities": {"entity_ids": {"binary_sensor.reception_recording": True}}}
    )

    async def act(action: str, **data: Any) -> Any:
        return await hass.services.async_call(
            DOMAIN,
            action,
            {"device_id": device.id, **data},
            blocking=True,
            context=Context(user_id=user.id),
            return_response=True,
        )

    assert (await act("start_recording"))["result"] == "started"
    assert len((await act("get_active_recordings"))["recordings"]) == 1
    for action, data in (
        ("start_recording", {"directory_number": "102"}),
        ("stop_recording", {"recording_id": simulator.imagicle.id_of(other)}),
        ("get_active_recordings", {"username": "marco.bianchi"}),
    ):
        with pytest.raises(Unauthorized):
            await act(action, **data)
    assert other in office.active_recordings()


async def test_a_user_who_is_gone(
    hass: HomeAssistant, imagicle: MockConfigEntry, finished: str
) -> None:
    """An unknown user may do nothing."""
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            "stop_recording",
            {"directory_number": "101"},
            blocking=True,
            context=Context(user_id="gone"),
        )


async def test_companion_app(
    hass: HomeAssistant,
    listening: str,
    finished: str,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_admin_user: MockUser,
) -> None:
    """What the companion app sends by its webhook is what its user may do."""
    assert await async_setup_component(hass, "mobile_app", {})
    played: list[bool] = []

    async def play(call: ServiceCall) -> None:
        """Do what a media player does with what it is asked to play."""
        try:
            await async_resolve_media(hass, call.data["id"], None)
        except Unresolvable:
            played.append(False)
        else:
            played.append(True)

    hass.services.async_register("test", "play", play)
    place = f"media-source://{DOMAIN}/{recording_identifier('01IMAGICLE', finished)}"
    command = {
        "type": "call_service",
        "data": {"domain": "test", "service": "play", "service_data": {"id": place}},
    }
    phone = await hass_client()
    registered = await (
        await phone.post("/api/mobile_app/registrations", json=_APP)
    ).json()
    outside = await hass_client_no_auth()
    for groups in ([GROUP_ID_ADMIN], [GROUP_ID_USER]):
        await hass.auth.async_update_user(hass_admin_user, group_ids=groups)
        response = await outside.post(
            f"/api/webhook/{registered['webhook_id']}", json=command
        )
        assert response.status == HTTPStatus.OK
    assert played == [True, listening == "everyone"]

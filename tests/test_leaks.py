"""Credentials, names and numbers stay where they belong, at each recorder.

Unique secrets, names and a number are planted in the form, in the recorder's answers and
in its errors. Then a recorder's life goes by, with faults, and all that others can read
is searched. A listener at another address gets nothing at all.
"""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncGenerator
from http import HTTPStatus
import json
import logging
from typing import Any, Final, NoReturn
from urllib.parse import unquote

from aiohttp import ClientError, web
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)
from pytest_socket import socket_allow_hosts

from custom_components.call_recorder.const import DOMAIN
from custom_components.call_recorder.views import recording_path
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator.asterisk import Asterisk
from simulator.asterisk.actions import AmiError
from simulator.audio import Audio
from simulator.faults import Fault
from simulator.imagicle import Imagicle
from simulator.office import Office
from simulator.recorder import Recorder
from simulator.server import Simulator
from simulator.yeastar import Yeastar
from tests.helpers.clock import Poll
from tests.helpers.entries import add_lines, entry_data, make_entry, set_up
from tests.helpers.planted import TALKATIVE, TALKATIVE_FAULTS, found

REMOTE: Final = "+15550007777"
LINE: Final = "+15554711008"
NAMES: Final = ("Hushremote", "Hushcaller", "Hushfirst", "Hushlast", "hush.user")
SECRET: Final = "hush-Secret-9f3b"
USER: Final = "hush-user-51c"
_ADDRESS: Final = "127.0.0.1"
_OTHER_ADDRESS: Final = "127.0.0.2"


class Listener:
    """A server that no request may reach."""

    def __init__(self) -> None:
        """Start without any."""
        self.requests: list[str] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        """Note a request."""
        self.requests.append(f"{request.method} {request.path_qs} {request.headers}")
        return web.json_response([])


@pytest.fixture
async def listener(socket_enabled: None) -> AsyncGenerator[Listener]:
    """Listen at another address of loopback."""
    listener = Listener()
    app = web.Application()
    app.add_routes([web.route("*", "/{path:.*}", listener.answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, _OTHER_ADDRESS, 0).start()
    listener.url = f"http://{_OTHER_ADDRESS}:{runner.addresses[0][1]}"
    # What is blocked would not get there anyway.
    socket_allow_hosts([_ADDRESS, _OTHER_ADDRESS], allow_unix_socket=True)
    yield listener
    socket_allow_hosts([_ADDRESS], allow_unix_socket=True)
    await runner.cleanup()


PERSONAL: Final = f"Hushremote {REMOTE} of hush.user, {SECRET}"
NO: Final = json.dumps(
    {
        "errcode": 40009,
        "errmsg": f"No call of {REMOTE} on {LINE}",
        "code": f"no-call-{REMOTE}",
        "reason": 77,
        "message": f"Busy: {REMOTE} on {LINE}",
    }
)
"""A refusal of a command as each recorder words it, with what should not be shown."""
REFUSALS: Final = [
    *(
        Fault("status", method=method, status=status, body=NO)
        for method in ("POST", "DELETE")
        for status in (200, 409, 503)
    ),
    Fault("status", status=404, body=NO),
    # Only the question whose line it is.
    Fault("status", query="directoryNumber", status=500, body=NO),
    # Rows that cannot be read, and hold much.
    Fault(
        "body",
        body=json.dumps(
            [{"id": {"who": PERSONAL}, "startTime": PERSONAL, "state": PERSONAL}]
        ),
        content_type="application/json",
    ),
]


def lures(listener: Listener, recorder: Recorder) -> list[Fault]:
    """Return answers that lead to the listener."""

    def elsewhere(body: bytes) -> bytes:
        """Put the listener's address wherever the answer has one."""
        text = body.decode().replace(recorder.url, listener.url)
        return text.replace("/api/download/", f"{listener.url}/x/").encode()

    link = {"Link": f'<{listener.url}/v1/users/u/recordings?page=1>; rel="next"'}
    row = '[{"id": "r-1", "state": "complete"}]'
    return [
        *(
            Fault("redirect", status=status, url=f"{listener.url}/{SECRET}")
            for status in (301, 302, 303, 307, 308)
        ),
        Fault("body", body=row, headers=link, content_type="application/json"),
        Fault("rewrite", rewrite=elsewhere),
    ]


def refuse(asked: object) -> NoReturn:
    """Refuse a command, and say too much."""
    raise AmiError(f"{REMOTE} does not allow it")


@pytest.fixture
def recorder(office: Office, simulator: Simulator, recorder_name: str) -> Recorder:
    """Plant secrets in a recorder, and names in the office."""
    recorder = simulator.recorders[recorder_name]
    if isinstance(recorder, Imagicle):
        recorder.username, recorder.password = USER, SECRET
        recorder.users[0].username, recorder.users[0].password = USER, SECRET
    elif isinstance(recorder, Asterisk):
        recorder.actions.by_name = {
            **recorder.actions.by_name,
            **dict.fromkeys(("MixMonitorMute", "StopMixMonitor"), refuse),
        }
        recorder.users[USER] = (SECRET, recorder.users[recorder.username][1])
        recorder.username, recorder.secret = USER, SECRET
        recorder.ari_username, recorder.ari_password = f"{USER}-ari", f"{SECRET}-ari"
    elif isinstance(recorder, Yeastar):
        recorder.client_id, recorder.client_secret = USER, SECRET
    else:
        vars(recorder).update(api_token=USER, api_secret=SECRET)
    line = office.lines[0]
    if not isinstance(recorder, Asterisk):
        # An extension has six digits at most there.
        line.number = line.phone_number = LINE
    line.username = "hush.user"
    line.first_name, line.last_name = "Hushfirst", "Hushlast"
    return recorder


def credentials_of(recorder: Recorder) -> list[str]:
    """Return what must not be seen anywhere, as it travels too."""
    plain = [SECRET, USER]
    for user, secret in ((USER, SECRET), (f"{USER}-ari", f"{SECRET}-ari")):
        plain.append(b64encode(f"{user}:{secret}".encode()).decode())
    if isinstance(recorder, Yeastar):
        plain += [
            text
            for token in recorder.tokens.valid()
            for text in (token.access, token.refresh)
        ]
    return plain


class Witness:
    """Collects all that others can read, by its kind."""

    def __init__(self, hass: HomeAssistant, recorder: Recorder) -> None:
        """Listen to all events."""
        self.shown: dict[str, list[str]] = {}
        self.credentials: set[str] = set()
        self.recorder = recorder
        self._hass = hass
        hass.bus.async_listen(MATCH_ALL, self._take_event)

    def note(self, kind: str, shown: Any) -> None:
        """Keep something that was shown."""
        text = shown if isinstance(shown, str) else json.dumps(shown, default=repr)
        self.shown.setdefault(kind, []).append(unquote(text))
        self.credentials.update(credentials_of(self.recorder))

    @callback
    def _take_event(self, event: Event) -> None:
        """Keep our events, and those that show states and issues."""
        # What a person asks for holds what the person has written.
        if event.event_type != "call_service":
            self.note("event", {"type": event.event_type, **event.data})
        issues = ir.async_get(self._hass).issues.values()
        self.note("issue", [repr(issue) for issue in issues])

    def found(self, kind: str, secrets: tuple[str, ...]) -> list[str]:
        """Return which of the secrets were shown, in plain or in Base64."""
        hidden = [part for secret in secrets for part in in_base64(secret)]
        return found("\n".join(self.shown.get(kind, [])), (*secrets, *hidden))


def in_base64(secret: str) -> list[str]:
    """Return what of a secret is in Base64 whatever stands around it."""
    parts = []
    for before in range(3):
        coded = urlsafe_b64encode(b"\0" * before + secret.encode()).decode()
        # The first and the last characters depend on what is next to it.
        parts.append(coded.rstrip("=")[before and before + 1 : -1])
    return parts


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    office: Office,
    recorder: Recorder,
    freezer: FrozenDateTimeFactory,
) -> MockConfigEntry:
    """Return the recorder with a line, one finished recording, and one that is active."""
    for component in (
        *("http", "websocket_api", "config", "diagnostics", "media_source"),
        "repairs",
    ):
        assert await async_setup_component(hass, component, {})
    # A title shows the name, or else the number.
    for name in (None, ("Hushremote", "Hushcaller")):
        for active in office.active_recordings():
            office.hang_up(active.call)
        call = office.connect(office.lines[0].number, remote=REMOTE, remote_name=name)
        office.start_recording(call)
        freezer.tick(60)
    number = recorder.directory_number(office.lines[0])
    return make_entry(
        hass,
        entry_data(recorder),
        options={"mask_numbers": True},
        subentries_data=add_lines(Reception={"directory_number": number}),
    )


async def fill_in_form(
    client: Any, witness: Witness, recorder: Recorder, data: dict[str, Any]
) -> None:
    """Fill in the form as a browser does."""
    flow = "/api/config/config_entries/flow"
    body = {"handler": DOMAIN, "show_advanced_options": True}
    started = await (await client.post(flow, json=body)).json()
    at = f"{flow}/{started['flow_id']}"
    witness.note("browser", started)
    form = await (await client.post(at, json={"next_step_id": recorder.name})).json()
    witness.note("browser", form)
    answer = await client.post(at, json=data)
    witness.note("browser", await answer.text())
    await client.delete(at)


async def act(
    hass: HomeAssistant, office: Office, recorder: Recorder, witness: Witness
) -> str | None:
    """Call all actions, and keep how they fail; return the id of a finished recording."""
    number = recorder.directory_number(office.lines[0])
    finished: str | None = None
    for action, data in (
        ("start_recording", {"directory_number": number}),
        ("stop_recording", {"directory_number": number}),
        ("pause_recording", {"directory_number": number}),
        ("get_active_recordings", {"directory_number": number}),
        ("get_recordings", {"number": REMOTE}),
        ("get_recordings", {}),
        ("get_recording", {"recording_id": "77"}),
    ):
        try:
            answer: Any = await hass.services.async_call(
                DOMAIN, action, data, blocking=True, return_response=True
            )
        except HomeAssistantError as err:
            text = f"{err} {err!r} {vars(err)} {err.__cause__!r} {err.__context__!r}"
            witness.note("error", text)
        else:
            if answer.get("recordings") and action == "get_recordings":
                finished = answer["recordings"][-1]["id"]
    return finished


async def browse(client: Any, websocket: Any, witness: Witness, place: str) -> None:
    """Open the first folders below a place, and play the recordings in them."""
    request = {"type": "media_source/browse_media", "media_content_id": place}
    await websocket.send_json_auto_id(request)
    answer = await receive_result(websocket, witness)
    # The newest of each: where the oldest is not known, months go back to 1970.
    for child in ((answer.get("result") or {}).get("children") or ())[:3]:
        if child["can_expand"]:
            await browse(client, websocket, witness, child["media_content_id"])
        elif child["can_play"]:
            await play(client, websocket, witness, child["media_content_id"])


async def play(client: Any, websocket: Any, witness: Witness, recording: str) -> None:
    """Play a recording as a browser does."""
    request = {"type": "media_source/resolve_media", "media_content_id": recording}
    await websocket.send_json_auto_id(request)
    answer = await receive_result(websocket, witness)
    if answer["success"]:
        try:
            async with client.get(answer["result"]["url"]) as response:
                witness.note("browser", f"{response.headers}")
                if response.content_type == "application/json":
                    witness.note("browser", await response.text())
                else:
                    await response.read()
        except ClientError:
            witness.note("browser", "broken off")


async def look_around(client: Any, websocket: Any, witness: Witness) -> None:
    """Read what Home Assistant's own pages show of the recorder and its entities."""
    for command in (
        "config_entries/get",
        "config/device_registry/list",
        "config/entity_registry/list",
        "repairs/list_issues",
        "get_states",
    ):
        await websocket.send_json_auto_id({"type": command})
        await receive_result(websocket, witness)
    entry_id = "01" + witness.recorder.name.upper()
    for path in ("options/flow", "flow"):
        at = f"/api/config/config_entries/{path}"
        handler = entry_id if path.startswith("options") else DOMAIN
        # A person who reconfigures a recorder sees all but the secrets.
        answer = await client.post(at, json={"handler": handler, "entry_id": entry_id})
        form = await answer.json()
        witness.note("form", form)
        await client.delete(f"{at}/{form['flow_id']}")


async def receive_result(websocket: Any, witness: Witness) -> dict[str, Any]:
    """Return the answer to a command; keep what was sent before it, too."""
    while True:
        message: dict[str, Any] = await websocket.receive_json()
        witness.note("browser", message)
        if message["type"] == "result":
            return message


async def receive_all(websocket: Any, witness: Witness) -> None:
    """Keep all that was sent until now."""
    await websocket.send_json_auto_id({"type": "ping"})
    while (message := await websocket.receive_json())["type"] != "pong":
        witness.note("browser", message)
    await websocket.close()


async def live_with(
    fault: Fault | None,
    hass: HomeAssistant,
    client: Any,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    office: Office,
    entry: MockConfigEntry,
    witness: Witness,
    pass_time: Poll,
) -> None:
    """Do and read all that a user can, while a fault lies in the way."""
    recorder = witness.recorder
    if fault is not None:
        recorder.faults.add(fault)
    await pass_time(31)
    await act(hass, office, recorder, witness)
    if not office.active_recordings():
        office.start_recording(office.calls[-1])
    await fill_in_form(
        client, witness, recorder, {**recorder.settings, "verify_ssl": True}
    )
    # A new one each time: a connection does not outlive minutes without an answer.
    websocket = await hass_ws_client(hass)
    await websocket.send_json_auto_id({"type": f"{DOMAIN}/subscribe"})
    await receive_result(websocket, witness)
    await look_around(client, websocket, witness)
    await browse(client, websocket, witness, f"media-source://{DOMAIN}")
    await pass_time(11)
    await receive_all(websocket, witness)
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    witness.note("diagnostics", diagnostics)
    recorder.faults.clear()
    await pass_time(31)
    witness.note("state", [state.as_dict() for state in hass.states.async_all()])


def assert_nothing_shown(witness: Witness) -> None:
    """No credential was shown, and no name or number where it may not be."""
    assert (SECRET, witness.found("form", (SECRET,))) == (SECRET, [])
    del witness.shown["form"]
    credentials = tuple(witness.credentials)
    for kind in witness.shown:
        assert (kind, witness.found(kind, credentials)) == (kind, [])
    number = (REMOTE.removeprefix("+"),)
    numbers = (*number, LINE.removeprefix("+"))
    for kind in ("event", "state", "browser"):
        assert witness.shown[kind]
        assert (kind, witness.found(kind, number)) == (kind, [])
    for kind in ("log", "error", "diagnostics", "issue"):
        assert witness.shown[kind]
        assert (kind, witness.found(kind, (*NAMES, *numbers))) == (kind, [])


async def test_nothing_leaks(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    office: Office,
    recorder: Recorder,
    entry: MockConfigEntry,
    listener: Listener,
    pass_time: Poll,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No credential anywhere; no name or number in logs and errors; no number where masked."""
    caplog.set_level(logging.DEBUG)
    # Fails at a frozen time.
    monkeypatch.setattr(logging.getLogger("aiohttp.access"), "disabled", True)
    witness = Witness(hass, recorder)
    await set_up(hass, entry)
    await hass_ws_client(hass)
    client = await hass_client()
    # In less than the half hour for which the browser is signed in.
    for fault in (
        *(None, *lures(listener, recorder), *REFUSALS),
        *TALKATIVE_FAULTS[:6],
    ):
        await live_with(
            *(fault, hass, client, hass_client, hass_ws_client),
            *(office, entry, witness, pass_time),
        )
    office.hang_up(office.calls[-1])
    await pass_time(61)
    await recorder.stop()
    await pass_time(301)
    await act(hass, office, recorder, witness)
    await hass.config_entries.async_reload(entry.entry_id)
    for record in caplog.records:
        if record.name.startswith("pytest"):
            # What the tests' helpers would write to the disk.
            continue
        kind = "log" if is_ours(record) else "log of others"
        witness.note(kind, logging.Formatter("%(name)s %(message)s").format(record))
    assert listener.requests == []
    assert_nothing_shown(witness)


async def test_audio_leads_nowhere(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    recorder: Recorder,
    entry: MockConfigEntry,
    listener: Listener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No credential follows a recorder that says that its audio is elsewhere."""

    async def lead(
        self: Recorder, request: web.Request, audio: Audio
    ) -> web.StreamResponse:
        """Lead to the listener."""
        return web.Response(status=302, headers={"Location": listener.url})

    await set_up(hass, entry)
    page: Any = await hass.services.async_call(
        DOMAIN, "get_recordings", {}, blocking=True, return_response=True
    )
    recording_id = page["recordings"][-1]["id"]
    monkeypatch.setattr(Recorder, "media", lead)
    client = await hass_client()
    response = await client.get(recording_path(entry.entry_id, recording_id))
    assert response.status == HTTPStatus.BAD_GATEWAY
    assert listener.requests == []
    # It would be heard.
    async with client.session.get(f"{listener.url}/x") as heard:
        assert heard.status == HTTPStatus.OK
    assert len(listener.requests) == 1


def is_ours(record: logging.LogRecord) -> bool:
    """Return whether a line of the log is of this integration, or about it."""
    return record.name.startswith(
        ("custom_components", "homeassistant.helpers.update", "aiohttp.client")
    ) or record.name in ("homeassistant.config_entries", "homeassistant.setup")


async def test_what_is_planted_can_be_found(
    hass: HomeAssistant, recorder: Recorder, entry: MockConfigEntry
) -> None:
    """The recorder was given the secrets, and gives the number to a caller who may have it."""
    await set_up(hass, entry)
    page: Any = await hass.services.async_call(
        DOMAIN, "get_recordings", {}, blocking=True, return_response=True
    )
    answer = await hass.services.async_call(
        DOMAIN,
        "get_recording",
        {"recording_id": page["recordings"][0]["id"]},
        blocking=True,
        return_response=True,
    )
    text = json.dumps(answer, default=repr)
    assert found(text, (REMOTE.removeprefix("+"),))
    assert SECRET in json.dumps(recorder.settings)
    assert USER in json.dumps(recorder.settings)
    assert REMOTE in TALKATIVE

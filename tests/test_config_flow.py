"""A recorder is added, signed in to again, moved and tuned through forms."""

import asyncio
from collections.abc import AsyncGenerator
from ssl import SSLError
from typing import Any, Final
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_system_health_info,
)
from yarl import URL

from custom_components.call_recorder.api import RECORDERS
from custom_components.call_recorder.api.imagicle.client import ImagicleClient
from custom_components.call_recorder.const import DOMAIN
from homeassistant.config_entries import (
    SOURCE_DHCP,
    SOURCE_IGNORE,
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homeassistant.setup import async_setup_component
from simulator.faults import Fault
from simulator.imagicle import Imagicle
from simulator.imagicle.users import COMPLETE_MANAGEMENT, User
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import Poll, settle
from tests.helpers.entries import set_up_recorder

_PLAIN_USER: Final[dict[str, Any]] = {
    "username": "anna.rossi",
    "password": "Imagicle-2",
}
_SECOND_USER: Final[dict[str, Any]] = {"username": "second", "password": "Imagicle-10b"}


@pytest.fixture
def recorder(simulator: Simulator) -> Imagicle:
    """Return the simulated Imagicle, which knows a second user of level 10."""
    simulator.imagicle.users.append(User(**_SECOND_USER, level=COMPLETE_MANAGEMENT))
    return simulator.imagicle


@pytest.fixture
async def tls_recorder(
    hass: HomeAssistant, office: Office, socket_enabled: None
) -> AsyncGenerator[Imagicle]:
    """Run an Imagicle with a self-signed certificate."""
    handler = hass.loop.get_exception_handler()
    assert handler is not None

    def ignore_refused_handshake(
        loop: asyncio.AbstractEventLoop, context: dict[str, Any]
    ) -> None:
        """Do not mistake the server's side of a refused handshake for our bug."""
        if not isinstance(context.get("exception"), SSLError | ConnectionResetError):
            handler(loop, context)

    hass.loop.set_exception_handler(ignore_refused_handshake)
    async with Simulator(office, tls=True, only=("imagicle",)) as simulator:
        yield simulator.imagicle


def _form(recorder: Imagicle, **changes: Any) -> dict[str, Any]:
    """Return what a person types into the Imagicle form."""
    return {**recorder.settings, "verify_ssl": True, **changes}


async def _open(hass: HomeAssistant, recorder: str = "imagicle") -> ConfigFlowResult:
    """Choose a recording system in the menu of a new recorder."""
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    return await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": recorder}
    )


async def _submit(
    hass: HomeAssistant, flow: ConfigFlowResult, typed: dict[str, Any]
) -> ConfigFlowResult:
    """Submit the form that the flow shows, and let follow what follows."""
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], typed)
    await settle(hass)
    return result


async def _reconfigure(
    hass: HomeAssistant, entry: ConfigEntry, source: str = SOURCE_RECONFIGURE
) -> ConfigFlowResult:
    """Open the form that changes an entry."""
    return await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": source, "entry_id": entry.entry_id},
        data=dict(entry.data) if source == SOURCE_REAUTH else None,
    )


def _fields(result: ConfigFlowResult) -> list[str]:
    """Return the fields of a form."""
    schema = result["data_schema"]
    assert schema is not None
    return [str(field) for field in schema.schema]


def _suggestions(result: ConfigFlowResult) -> dict[str, Any]:
    """Return what the form suggests, by field."""
    schema = result["data_schema"]
    assert schema is not None
    return {
        str(field): (field.description or {}).get("suggested_value")
        for field in schema.schema
    }


# --- Adding ---


async def test_the_menu_offers_the_recorders(hass: HomeAssistant) -> None:
    """The first thing to say is which recording system it is."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert result["type"] is FlowResultType.MENU
    assert result["step_id"] == "user"
    assert result["menu_options"] == list(RECORDERS)


async def test_add(hass: HomeAssistant, recorder: Imagicle) -> None:
    """One form is enough; the recorder is read once before the entry is made."""
    form = await _open(hass)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "imagicle"
    assert form["errors"] == {}
    assert recorder.requests == []
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], _form(recorder)
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Imagicle"
    assert result["data"] == {"recorder": "imagicle", **_form(recorder)}
    assert result["options"] == {}
    assert [(request.method, request.path) for request in recorder.requests][:1] == [
        ("GET", "/fw/Apps/Recorder/WebAPI/LiveRecordings")
    ]
    await settle(hass)
    entry = result["result"]
    assert entry.unique_id == f"{recorder.url}|homeassistant"
    assert entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize(
    "typed",
    [
        "{url}",
        "{url}/",
        "{url}//",
        "{url}/fw/Apps/Recorder/WebAPI",
        "{url}/fw/Apps/Recorder/WebAPI/LiveRecordings?directoryNumber=101#top",
        "  {url}\t",
        "HTTP://127.0.0.1:{port}/",
    ],
)
async def test_an_address_is_reduced_to_its_origin(
    hass: HomeAssistant, recorder: Imagicle, typed: str
) -> None:
    """Whatever a person pastes, scheme, host and port of it are kept."""
    url = typed.format(url=recorder.url, port=URL(recorder.url).port)
    result = await _submit(hass, await _open(hass), _form(recorder, url=url))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["url"] == recorder.url
    assert result["result"].unique_id == f"{recorder.url}|homeassistant"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="empty"),
        pytest.param("recorder.example.com", id="no scheme"),
        pytest.param("recorder.example.com:443/fw", id="host taken for a scheme"),
        pytest.param("//recorder.example.com", id="no scheme but slashes"),
        pytest.param("ftp://recorder.example.com", id="ftp"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("https://", id="no host"),
        pytest.param("https://:8443", id="no host but a port"),
        pytest.param("https://user:secret@recorder.example.com", id="credentials"),
        pytest.param("https://user@recorder.example.com", id="user name"),
        pytest.param("https://recorder.example.com:65536", id="port out of range"),
        pytest.param("https://recorder.example.com:https", id="port in words"),
        pytest.param("https://[::1", id="half an IPv6 address"),
    ],
)
async def test_what_is_no_address(
    hass: HomeAssistant, recorder: Imagicle, url: str
) -> None:
    """An address that cannot be used is refused before anybody is asked."""
    form = await _open(hass)
    result = await _submit(hass, form, _form(recorder, url=url))
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "imagicle"
    assert result["errors"] == {"base": "invalid_url"}
    assert recorder.requests == []
    result = await _submit(hass, form, _form(recorder))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        pytest.param(
            {"password": "wrong"},
            "invalid_auth",
            id="401: No authentication provided or wrong user credentials.",
        ),
        pytest.param({"username": "nobody"}, "invalid_auth", id="unknown user"),
        pytest.param(
            # A colon would end the user name (RFC 7617): "home" must not sign in.
            {"username": "home:assistant"},
            "invalid_auth",
            id="user name with a colon",
        ),
        pytest.param(
            {"username": "lucia.romano.sso", "password": "Imagicle-sso"},
            "invalid_auth",
            id="single sign-on user",
        ),
        pytest.param(
            _PLAIN_USER,
            "insufficient_permissions",
            # Get Active Recordings: "Minimum authorization level: Call Recording
            # Complete Management (lv. 10)".
            id="403: The authenticated user has no sufficient privileges",
        ),
    ],
)
async def test_a_user_who_may_not(
    hass: HomeAssistant, recorder: Imagicle, typed: dict[str, Any], error: str
) -> None:
    """Wrong credentials and missing permissions are told apart, and can be mended."""
    form = await _open(hass)
    result = await _submit(hass, form, _form(recorder, **typed))
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": error}
    assert hass.config_entries.async_entries(DOMAIN) == []
    result = await _submit(hass, form, _form(recorder))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_single_sign_on_user_that_is_allowed(
    hass: HomeAssistant, recorder: Imagicle
) -> None:
    """A single sign-on user gets in where the administrator allows it."""
    recorder.allows_basic_for_sso = True
    typed = _form(recorder, username="lucia.romano.sso", password="Imagicle-sso")
    result = await _submit(hass, await _open(hass), typed)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param(
            Fault("status", status=500),
            "cannot_connect",
            id="500: An error occurred while processing the request.",
        ),
        pytest.param(Fault("status", status=429), "cannot_connect", id="429"),
        pytest.param(Fault("drop"), "cannot_connect", id="closed connection"),
        pytest.param(Fault("half_body"), "cannot_connect", id="half an answer"),
        pytest.param(Fault("status", status=404), "unexpected_response", id="404"),
        pytest.param(Fault("login_page"), "unexpected_response", id="login page"),
        pytest.param(Fault("invalid_json"), "unexpected_response", id="broken JSON"),
        pytest.param(Fault("empty_object"), "unexpected_response", id="{}"),
        pytest.param(
            Fault("body", body='"ok"', content_type="application/json"),
            "unexpected_response",
            id="other JSON",
        ),
        pytest.param(
            Fault("body", body='[{"name": "x"}]', content_type="application/json"),
            "unexpected_response",
            id="a list of something else",
        ),
        pytest.param(
            Fault("redirect", url="http://127.0.0.1/login"),
            "unexpected_response",
            id="redirect",
        ),
    ],
)
async def test_an_answer_that_is_none(
    hass: HomeAssistant, recorder: Imagicle, fault: Fault, error: str
) -> None:
    """A recorder that fails, or something else that answers, is reported, and can be corrected."""
    recorder.faults.add(fault)
    form = await _open(hass)
    result = await _submit(hass, form, _form(recorder))
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": error}
    recorder.faults.clear()
    result = await _submit(hass, form, _form(recorder))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_nobody_answers(hass: HomeAssistant, recorder: Imagicle) -> None:
    """A recorder that is switched off is no wrong password."""
    typed = _form(recorder)
    await recorder.stop()
    form = await _open(hass)
    result = await _submit(hass, form, typed)
    assert result["errors"] == {"base": "cannot_connect"}
    await recorder.start()
    result = await _submit(hass, form, typed)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_self_signed_certificate(
    hass: HomeAssistant, tls_recorder: Imagicle
) -> None:
    """A certificate that cannot be verified is reported, and can be accepted."""
    form = await _open(hass)
    result = await _submit(hass, form, _form(tls_recorder))
    assert result["errors"] == {"base": "invalid_ssl"}
    assert tls_recorder.requests == []
    result = await _submit(hass, form, _form(tls_recorder, verify_ssl=False))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["verify_ssl"] is False
    assert result["result"].state is ConfigEntryState.LOADED


async def test_plain_http_where_https_is_spoken(
    hass: HomeAssistant, tls_recorder: Imagicle
) -> None:
    """The wrong scheme is a connection that fails, whatever is verified."""
    form = await _open(hass)
    http = tls_recorder.url.replace("https", "http")
    result = await _submit(hass, form, _form(tls_recorder, url=http))
    assert result["errors"] == {"base": "cannot_connect"}
    result = await _submit(hass, form, _form(tls_recorder, verify_ssl=False))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_our_own_mistake(
    hass: HomeAssistant, recorder: Imagicle, caplog: pytest.LogCaptureFixture
) -> None:
    """What was not foreseen is logged, and the form stays usable."""
    form = await _open(hass)
    with patch.object(ImagicleClient, "get_live_state", side_effect=ZeroDivisionError):
        result = await _submit(hass, form, _form(recorder))
    assert result["errors"] == {"base": "unknown"}
    assert "ZeroDivisionError" in caplog.text
    assert recorder.password not in caplog.text
    result = await _submit(hass, form, _form(recorder))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("jürgen.groß", "Püßwörd €"),
        ("user", "pass:with:colons"),
        ("user", " blanks around "),
        ("user@example.com", "%41+&=\\\"'"),
        ("DOMAIN\\user", "日本"),
    ],
)
async def test_unusual_credentials(
    hass: HomeAssistant, recorder: Imagicle, username: str, password: str
) -> None:
    """Credentials reach the recorder letter by letter."""
    recorder.users.append(User(username, password, COMPLETE_MANAGEMENT))
    typed = _form(recorder, username=username, password=password)
    result = await _submit(hass, await _open(hass), typed)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["username"] == username
    assert result["data"]["password"] == password


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"url": "HTTPS://Recorder.Example.COM:443/fw/Apps/Recorder/WebAPI/"},
        {"username": "HomeAssistant", "password": "another one"},
        {"verify_ssl": False},
    ],
)
async def test_a_recorder_is_added_once(
    hass: HomeAssistant, recorder: Imagicle, typed: dict[str, Any]
) -> None:
    """The same recorder and user, however written, are known without asking."""
    MockConfigEntry(
        domain=DOMAIN, unique_id="https://recorder.example.com|homeassistant"
    ).add_to_hass(hass)
    form = _form(recorder, url="https://recorder.example.com") | typed
    result = await _submit(hass, await _open(hass), form)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert recorder.requests == []
    assert len(hass.config_entries.async_entries(DOMAIN)) == 1


async def test_another_user_of_the_same_recorder(
    hass: HomeAssistant, imagicle: MockConfigEntry, recorder: Imagicle
) -> None:
    """Another user sees other recordings, so it is another entry."""
    result = await _submit(hass, await _open(hass), _form(recorder, **_SECOND_USER))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert len(hass.config_entries.async_loaded_entries(DOMAIN)) == 2


async def test_recorders_on_one_host_can_be_told_apart(
    hass: HomeAssistant, recorder: Imagicle
) -> None:
    """Further ones get their host's name, then a number; never their user's name."""
    recorder.users.append(User("third", "Imagicle-10c", COMPLETE_MANAGEMENT))
    titles = []
    third = {"username": "third", "password": "Imagicle-10c"}
    for user in ({}, _SECOND_USER, third):
        result = await _submit(hass, await _open(hass), _form(recorder, **user))
        titles.append(result["title"])
    assert titles == ["Imagicle", "Imagicle (127.0.0.1)", "Imagicle (127.0.0.1) 2"]


async def test_credentials_that_travel_unencrypted(
    hass: HomeAssistant,
    recorder: Imagicle,
    tls_recorder: Imagicle,
    issue_registry: ir.IssueRegistry,
) -> None:
    """The form says so when it is done, and a repair issue, until it is ignored."""
    form = await _open(hass)
    result = await _submit(hass, form, _form(recorder))
    assert result["description"] == "unencrypted"
    entry = result["result"]
    issue = (DOMAIN, f"unencrypted_{entry.entry_id}")
    shown = issue_registry.async_get_issue(*issue)
    assert shown is not None
    assert not shown.is_fixable
    issue_registry.async_ignore(*issue, ignore=True)
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    shown = issue_registry.async_get_issue(*issue)
    assert shown is not None
    assert shown.dismissed_version is not None

    form = await _reconfigure(hass, entry)
    await _submit(hass, form, _form(tls_recorder, verify_ssl=False))
    assert issue_registry.async_get_issue(*issue) is None
    await hass.config_entries.async_remove(entry.entry_id)
    form = await _open(hass)
    result = await _submit(hass, form, _form(tls_recorder, verify_ssl=False))
    assert result["description"] is None


# --- Adding Bandwidth and Yeastar ---


async def test_add_bandwidth(
    hass: HomeAssistant, bandwidth_data: dict[str, Any], simulator: Simulator
) -> None:
    """A Bandwidth account needs three credentials; its address is known."""
    recorder = bandwidth_data.pop("recorder")
    form = await _open(hass, "bandwidth")
    assert form["step_id"] == "bandwidth"
    assert sorted(_fields(form)) == sorted(bandwidth_data)
    schema = form["data_schema"]
    assert schema is not None
    del bandwidth_data["url"]
    assert schema(bandwidth_data)["url"] == "https://api.catapult.inetwork.com"
    bandwidth_data["url"] = f"{simulator.bandwidth.url}/v1/users/"
    result = await _submit(hass, form, bandwidth_data)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Bandwidth"
    assert result["data"] == {
        **bandwidth_data,
        "recorder": recorder,
        "url": simulator.bandwidth.url,
    }
    assert result["options"] == {}
    assert result["result"].state is ConfigEntryState.LOADED


async def test_a_colon_in_the_name_of_an_asterisk_user(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    """A colon would end the user name of the archive, and sign in another user."""
    settings = simulator.asterisk.settings
    form = await _open(hass, "asterisk")
    wrong = {**settings, "ari_username": f"{settings['ari_username']}:admin"}
    result = await _submit(hass, form, wrong)
    assert result["errors"] == {"base": "invalid_auth"}
    result = await _submit(hass, form, settings)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_add_yeastar(
    hass: HomeAssistant, yeastar_data: dict[str, Any], simulator: Simulator
) -> None:
    """What a PBX records is an option, since the PBX does not report it."""
    recorder = yeastar_data.pop("recorder")
    recorded = {"recorded_calls": "extensions", "recorded_extensions": ["101", "102"]}
    form = await _open(hass, "yeastar")
    assert form["step_id"] == "yeastar"
    assert sorted(_fields(form)) == sorted(yeastar_data | recorded)
    schema = form["data_schema"]
    assert schema is not None
    assert schema(yeastar_data)["recorded_calls"] == "all"
    assert schema(yeastar_data)["recorded_extensions"] == []
    result = await _submit(hass, form, yeastar_data | recorded)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Yeastar"
    assert result["data"] == {**yeastar_data, "recorder": recorder}
    assert result["options"] == recorded
    # A form's markers are equal to their names, but cannot be saved.
    assert {type(option) for option in result["options"]} == {str}
    assert result["result"].state is ConfigEntryState.LOADED


@pytest.mark.parametrize(
    "typed", [["101, 102"], ["101", " 102 "], ["101;102,"], ["101\u3001102\uff0c"]]
)
async def test_extensions_are_pasted_in_one_piece(
    hass: HomeAssistant, yeastar_data: dict[str, Any], typed: list[str]
) -> None:
    """A list that was pasted as one text is still a list, also in the options."""
    del yeastar_data["recorder"]
    recorded = {"recorded_calls": "extensions", "recorded_extensions": typed}
    form = await _open(hass, "yeastar")
    result = await _submit(hass, form, yeastar_data | recorded)
    assert result["options"]["recorded_extensions"] == ["101", "102"]
    entry = result["result"]
    hass.config_entries.async_update_entry(entry, options={})
    form = await hass.config_entries.options.async_init(entry.entry_id)
    await hass.config_entries.options.async_configure(
        form["flow_id"], {**recorded, "mask_numbers": False}
    )
    await settle(hass)
    assert entry.options["recorded_extensions"] == ["101", "102"]


async def test_the_form_gives_its_token_back(
    hass: HomeAssistant, yeastar_data: dict[str, Any], simulator: Simulator
) -> None:
    """A PBX grants 8 tokens only, so a form that fails must not keep any."""
    del yeastar_data["recorder"]
    simulator.yeastar.refusals = {"call/": 10005}
    form = await _open(hass, "yeastar")
    for _ in range(10):
        result = await _submit(hass, form, yeastar_data)
        assert result["errors"] == {"base": "insufficient_permissions"}
    simulator.yeastar.refusals = {}
    result = await _submit(hass, form, yeastar_data)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("refusals", "error"),
    [
        # The vendor's table "Error Code and Error Message".
        pytest.param({"": 70123}, "api_disabled", id="70123 API disabled"),
        pytest.param({"": 70004}, "ip_blocked", id="70004 ACCOUNT IP BLOCKED"),
        pytest.param({"": 70087}, "ip_blocked", id="70087 IP FORBIDDEN"),
        pytest.param(
            {"get_token": 60002}, "token_limit", id="60002 MAX LIMITATION EXCEEDED"
        ),
        pytest.param(
            {"call/": 10005}, "insufficient_permissions", id="10005 ACCESS DENIED"
        ),
        pytest.param({"call/": -2}, "cannot_connect", id="-2 INTERNAL SERVER ERROR"),
        pytest.param(
            {"call/": 10001}, "unexpected_response", id="10001 INTERFACE NOT EXISTED"
        ),
    ],
)
async def test_a_pbx_that_refuses(
    hass: HomeAssistant,
    yeastar_data: dict[str, Any],
    simulator: Simulator,
    refusals: dict[str, int],
    error: str,
) -> None:
    """What a PBX's administrator has to change is said, and the form goes on."""
    del yeastar_data["recorder"]
    simulator.yeastar.refusals = refusals
    form = await _open(hass, "yeastar")
    result = await _submit(hass, form, yeastar_data)
    assert result["errors"] == {"base": error}
    simulator.yeastar.refusals = {}
    result = await _submit(hass, form, yeastar_data)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("recorder_name", "secret"),
    [("bandwidth", "api_secret"), ("yeastar", "client_secret")],
)
async def test_a_wrong_secret(
    hass: HomeAssistant,
    recorder_data: dict[str, Any],
    recorder_name: str,
    secret: str,
) -> None:
    """Wrong credentials are the same error, wherever they are refused."""
    data = {key: value for key, value in recorder_data.items() if key != "recorder"}
    form = await _open(hass, recorder_name)
    result = await _submit(hass, form, {**data, secret: "wrong"})
    assert result["errors"] == {"base": "invalid_auth"}
    result = await _submit(hass, form, data)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("recorder_name", "secret"),
    [
        ("imagicle", "password"),
        ("bandwidth", "api_secret"),
        ("yeastar", "client_secret"),
    ],
)
async def test_each_recorder_is_signed_in_to_again_and_moved(
    hass: HomeAssistant,
    recorder_data: dict[str, Any],
    recorder_name: str,
    secret: str,
) -> None:
    """No form shows the secret, and the same answers bring the same entry."""
    data = recorder_data
    entry = await set_up_recorder(hass, data, options={"mask_numbers": True})
    reauth = await _reconfigure(hass, entry, SOURCE_REAUTH)
    shown = _suggestions(reauth)
    assert set(shown) == set(data) - {"url", "verify_ssl", "recorder"}
    assert shown.pop(secret) is None
    assert shown.items() <= data.items()
    result = await _submit(hass, reauth, {**shown, secret: data[secret]})
    assert result["reason"] == "reauth_successful"

    form = await _reconfigure(hass, entry)
    shown = _suggestions(form)
    assert set(shown) == set(data) - {"recorder"}
    assert shown.pop(secret) is None
    assert shown.items() <= data.items()
    result = await _submit(hass, form, {**shown, secret: data[secret]})
    assert result["reason"] == "reconfigure_successful"
    assert entry.data == data
    assert entry.options == {"mask_numbers": True}
    assert entry.state is ConfigEntryState.LOADED


# --- The PBX itself ---


def _seen(ip: str, mac: str = "f4b549112233") -> DhcpServiceInfo:
    """Return what the network shows of a PBX."""
    return DhcpServiceInfo(ip=ip, hostname="yeastar", macaddress=mac)


async def _discover(hass: HomeAssistant, seen: DhcpServiceInfo) -> ConfigFlowResult:
    """Let a PBX ask for an address."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_DHCP}, data=seen
    )
    await settle(hass)
    return result


async def test_a_pbx_is_known_by_its_serial_number(
    hass: HomeAssistant, yeastar_data: dict[str, Any], simulator: Simulator
) -> None:
    """Neither its address nor the application makes it another one."""
    del yeastar_data["recorder"]
    result = await _submit(hass, await _open(hass, "yeastar"), yeastar_data)
    entry = result["result"]
    assert entry.unique_id == simulator.yeastar.serial_number

    simulator.yeastar.client_id = "another application"
    other = yeastar_data | {"client_id": "another application"}
    result = await _submit(hass, await _open(hass, "yeastar"), other)
    assert result["reason"] == "already_configured"
    result = await _submit(hass, await _reconfigure(hass, entry), other)
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["client_id"] == "another application"

    simulator.yeastar.serial_number = "another"
    for source in (SOURCE_REAUTH, SOURCE_RECONFIGURE):
        form = await _reconfigure(hass, entry, source)
        typed = {key: other[key] for key in _fields(form)}
        result = await _submit(hass, form, typed)
        assert result["reason"] == "unique_id_mismatch"
    assert entry.unique_id != "another"


async def test_an_entry_learns_the_serial_number(
    hass: HomeAssistant, yeastar: MockConfigEntry, simulator: Simulator
) -> None:
    """An entry that was named by its address is named after the PBX from then on."""
    form = await _reconfigure(hass, yeastar)
    typed = {key: yeastar.data[key] for key in _fields(form)}
    result = await _submit(hass, form, typed)
    assert result["reason"] == "reconfigure_successful"
    assert yeastar.unique_id == simulator.yeastar.serial_number


async def test_a_pbx_is_discovered(
    hass: HomeAssistant, yeastar_data: dict[str, Any], simulator: Simulator
) -> None:
    """The form knows the address already."""
    form = await _discover(hass, _seen("192.0.2.7"))
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "yeastar"
    assert _suggestions(form)["url"] == "https://192.0.2.7:8088"
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["title_placeholders"] == {"name": "Yeastar (192.0.2.7)"}
    again = await _discover(hass, _seen("192.0.2.8"))
    assert again["reason"] == "already_in_progress"
    del yeastar_data["recorder"]
    result = await _submit(hass, form, yeastar_data)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == simulator.yeastar.serial_number


async def test_a_pbx_that_is_ignored(
    hass: HomeAssistant, yeastar_data: dict[str, Any]
) -> None:
    """It is not offered again, is no recorder, and is in the way of nothing."""
    await _discover(hass, _seen("192.0.2.7"))
    await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_IGNORE},
        data={"unique_id": "f4:b5:49:11:22:33", "title": "Yeastar"},
    )
    again = await _discover(hass, _seen("192.0.2.7"))
    assert again["reason"] == "already_configured"
    assert await async_setup_component(hass, "system_health", {})
    await settle(hass)
    assert (await get_system_health_info(hass, DOMAIN))["recorders"] == 0
    del yeastar_data["recorder"]
    result = await _submit(hass, await _open(hass, "yeastar"), yeastar_data)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Yeastar"


async def test_a_pbx_is_followed_to_its_new_address(
    hass: HomeAssistant, yeastar: MockConfigEntry, simulator: Simulator
) -> None:
    """Its MAC address is learned at the known address, and found again elsewhere."""
    result = await _discover(hass, _seen("127.0.0.1"))
    assert result["reason"] == "already_configured"
    assert yeastar.data["mac"] == "f4:b5:49:11:22:33"
    port = URL(simulator.yeastar.url).port
    result = await _discover(hass, _seen("127.0.0.2"))
    assert result["reason"] == "already_configured"
    assert yeastar.data["url"] == f"http://127.0.0.2:{port}"

    other = await _discover(hass, _seen("127.0.0.2", "f4b549aabbcc"))
    assert other["reason"] == "already_configured"
    other = await _discover(hass, _seen("127.0.0.9", "f4b549aabbcc"))
    assert other["type"] is FlowResultType.FORM


# --- Signing in again ---


async def test_reauth(
    hass: HomeAssistant,
    imagicle: MockConfigEntry,
    recorder: Imagicle,
    pass_time: Poll,
) -> None:
    """A changed password is asked for once, and then all works again."""
    recorder.users[0].password = "Imagicle-new"
    await pass_time(31, times=3)
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["step_id"] == "reauth_confirm"
    assert flow["context"]["source"] == SOURCE_REAUTH
    sensor = hass.states.get("sensor.imagicle_active_recordings")
    assert sensor is not None and sensor.state == "unavailable"

    form = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert _suggestions(form) == {"username": "homeassistant", "password": None}

    typed = {"username": "homeassistant", "password": "wrong again"}
    result = await _submit(hass, form, typed)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "reauth_confirm"
    assert result["errors"] == {"base": "invalid_auth"}

    typed["password"] = "Imagicle-new"
    result = await _submit(hass, form, typed)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert imagicle.data == {
        "recorder": "imagicle",
        **_form(recorder, password="Imagicle-new"),
    }
    assert imagicle.state is ConfigEntryState.LOADED
    sensor = hass.states.get("sensor.imagicle_active_recordings")
    assert sensor is not None and sensor.state == "0"
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []


@pytest.mark.parametrize("source", [SOURCE_REAUTH, SOURCE_RECONFIGURE])
@pytest.mark.parametrize("has_entry", [False, True])
async def test_another_account(
    hass: HomeAssistant,
    imagicle: MockConfigEntry,
    recorder: Imagicle,
    source: str,
    has_entry: bool,
) -> None:
    """Another user sees other recordings: that is another entry."""
    if has_entry:
        other = MockConfigEntry(domain=DOMAIN, unique_id=f"{recorder.url}|second")
        other.add_to_hass(hass)
    before = dict(imagicle.data)
    form = await _reconfigure(hass, imagicle, source)
    typed = _SECOND_USER if source == SOURCE_REAUTH else _form(recorder, **_SECOND_USER)
    result = await _submit(hass, form, typed)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "unique_id_mismatch"
    assert imagicle.data == before
    assert imagicle.unique_id == f"{recorder.url}|homeassistant"


# --- Reconfiguring ---


async def test_reconfigure_hides_the_secret(
    hass: HomeAssistant, imagicle: MockConfigEntry, recorder: Imagicle
) -> None:
    """The form shows what is set up, but never the password."""
    form = await _reconfigure(hass, imagicle)
    assert form["step_id"] == "reconfigure"
    assert _suggestions(form) == {
        "url": recorder.url,
        "username": "homeassistant",
        "password": None,
        "verify_ssl": True,
    }


async def test_reconfigure_moved_recorder(
    hass: HomeAssistant,
    imagicle: MockConfigEntry,
    recorder: Imagicle,
    tls_recorder: Imagicle,
) -> None:
    """A recorder at a new address, now with https, stays the same entry."""
    form = await _reconfigure(hass, imagicle)
    typed = _form(tls_recorder, url=f"{tls_recorder.url}/fw/")
    result = await _submit(hass, form, typed)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "reconfigure"
    assert result["errors"] == {"base": "invalid_ssl"}
    assert imagicle.data["url"] == recorder.url

    result = await _submit(hass, form, typed | {"verify_ssl": False})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert imagicle.data == {
        "recorder": "imagicle",
        **_form(tls_recorder, verify_ssl=False),
    }
    assert imagicle.unique_id == f"{tls_recorder.url}|homeassistant"
    assert imagicle.state is ConfigEntryState.LOADED
    seen = len(recorder.requests)
    await imagicle.runtime_data.live.async_refresh()
    assert len(recorder.requests) == seen


async def test_reconfigure_the_same_recorder(
    hass: HomeAssistant, imagicle: MockConfigEntry, recorder: Imagicle
) -> None:
    """Nothing has to change but the password."""
    recorder.users[0].password = "Imagicle-new"
    form = await _reconfigure(hass, imagicle)
    result = await _submit(hass, form, _form(recorder, password="Imagicle-new"))
    assert result["reason"] == "reconfigure_successful"
    assert imagicle.data["password"] == "Imagicle-new"
    assert imagicle.state is ConfigEntryState.LOADED


async def test_reconfigure_into_another_entry(
    hass: HomeAssistant, imagicle: MockConfigEntry, recorder: Imagicle
) -> None:
    """An entry cannot become what another entry already is."""
    MockConfigEntry(
        domain=DOMAIN, unique_id="https://recorder.example.com|homeassistant"
    ).add_to_hass(hass)
    seen = len(recorder.requests)
    form = await _reconfigure(hass, imagicle)
    typed = _form(recorder, url="https://recorder.example.com/")
    result = await _submit(hass, form, typed)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert imagicle.data["url"] == recorder.url
    assert len(recorder.requests) == seen


async def test_reconfigure_keeps_the_options(
    hass: HomeAssistant, imagicle: MockConfigEntry, recorder: Imagicle
) -> None:
    """Moving a recorder does not change how it is treated."""
    hass.config_entries.async_update_entry(imagicle, options={"mask_numbers": True})
    form = await _reconfigure(hass, imagicle)
    result = await _submit(hass, form, _form(recorder))
    assert result["reason"] == "reconfigure_successful"
    assert imagicle.options == {"mask_numbers": True}


async def test_lines_can_be_added(
    hass: HomeAssistant, imagicle: MockConfigEntry
) -> None:
    """A recorder's lines are added and changed one by one."""
    assert imagicle.supported_subentry_types == {"line": {"supports_reconfigure": True}}


# --- Options ---


async def test_options(hass: HomeAssistant, imagicle: MockConfigEntry) -> None:
    """Options are offered as they are, and changing one reloads the recorder."""
    form = await hass.config_entries.options.async_init(imagicle.entry_id)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "init"
    before = imagicle.runtime_data
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {"mask_numbers": True, "listening": "everyone"}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await settle(hass)
    assert imagicle.options == {"mask_numbers": True, "listening": "everyone"}
    assert imagicle.state is ConfigEntryState.LOADED
    assert imagicle.runtime_data is not before

    form = await hass.config_entries.options.async_init(imagicle.entry_id)
    assert _suggestions(form) == {"mask_numbers": True, "listening": "everyone"}


async def test_options_of_a_pbx(hass: HomeAssistant, yeastar: MockConfigEntry) -> None:
    """Which calls a PBX records can be changed later."""
    form = await hass.config_entries.options.async_init(yeastar.entry_id)
    assert _fields(form) == [
        "recorded_calls",
        "recorded_extensions",
        "mask_numbers",
        "listening",
    ]
    typed = {
        "recorded_calls": "started_here",
        "recorded_extensions": [],
        "mask_numbers": False,
        "listening": "administrators",
    }
    result = await hass.config_entries.options.async_configure(form["flow_id"], typed)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await settle(hass)
    assert yeastar.options == typed
    assert yeastar.state is ConfigEntryState.LOADED

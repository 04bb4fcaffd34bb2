"""One token is enough, and none is ever left behind.

Quotes are from the facts about the P-Series Open API: "At most 8 valid access tokens
per application", each for 1800 seconds, and the vendor's table of errcodes.
"""

import asyncio
from contextlib import nullcontext, suppress
from datetime import UTC
import logging
from typing import Any, Final

from aiohttp import ClientSession
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.call_recorder.api.errors import AccessError, RecorderError
from custom_components.call_recorder.api.yeastar.client import YeastarClient
from custom_components.call_recorder.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from simulator.faults import Fault
from simulator.office import Office
from simulator.yeastar import Yeastar
from tests.helpers.actions import call_action, refusal
from tests.helpers.clock import Poll, settle
from tests.helpers.entries import make_entry
from tests.helpers.states import value
from tests.helpers.yeastar import BASE, answer, asked, asked_in_all, fault

_HALF_AN_HOUR: Final = 1800
_RECORDING: Final = "binary_sensor.yeastar_recording"


@pytest.fixture(autouse=True)
def _no_push(pbx: Yeastar) -> None:
    """Refuse the push: here, each request is one that a test means."""
    pbx.refusals["subscribe"] = 10009


@pytest.fixture
def yeastar_entry(hass: HomeAssistant, yeastar_data: dict[str, Any]) -> MockConfigEntry:
    """Return an entry for the simulated PBX, not set up yet."""
    return make_entry(hass, yeastar_data)


def has_issue(hass: HomeAssistant, key: str) -> bool:
    """Return whether the user is asked to sign in."""
    registry = ir.async_get(hass)
    return registry.async_get_issue(DOMAIN, f"{key}_01YEASTAR") is not None


async def try_to_start(hass: HomeAssistant, **line: str) -> None:
    """Start a recording; it may fail."""
    with suppress(HomeAssistantError):
        await call_action(hass, "start_recording", **line)


async def try_set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set an entry up; it may fail."""
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)


async def test_signs_in_once(pbx: Yeastar, yeastar: MockConfigEntry) -> None:
    """Two requests set it up; the rest comes after."""
    assert asked_in_all(pbx)[:2] == ["/get_token", "/call/query"]
    assert asked(pbx, "/get_token") == 1
    assert len(pbx.tokens.valid()) == 1


async def test_sends_what_the_pbx_insists_on(
    pbx: Yeastar, yeastar: MockConfigEntry
) -> None:
    """Every request MUST carry a User-Agent; a token request is JSON."""
    assert {request.headers["User-Agent"] for request in pbx.requests} == {"OpenAPI"}
    sign_in = pbx.requests[0]
    assert sign_in.headers["Content-Type"] == "application/json"
    assert sign_in.query == {}


async def test_gives_the_token_back(
    hass: HomeAssistant,
    pbx: Yeastar,
    yeastar: MockConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    """An entry that is unloaded leaves no token out, nor in the storage."""
    (token,) = pbx.tokens.valid()
    assert token.access in str(hass_storage)
    assert await hass.config_entries.async_unload(yeastar.entry_id)
    assert asked(pbx, "/del_token") == 1
    assert pbx.tokens.valid() == []
    assert token.access not in str(hass_storage)
    assert token.refresh not in str(hass_storage)


async def test_forms_leave_no_token(
    hass: HomeAssistant, pbx: Yeastar, yeastar_data: dict[str, Any]
) -> None:
    """The form signs in, reads once and gives the token back, as often as it is sent."""
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    flow = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"next_step_id": "yeastar"}
    )
    form = {key: value for key, value in yeastar_data.items() if key != "recorder"}
    form |= {"recorded_calls": "all", "recorded_extensions": []}
    for _ in range(10):
        pbx.refusals["call/query"] = 10009
        flow = await hass.config_entries.flow.async_configure(flow["flow_id"], form)
        assert flow["errors"] == {"base": "unexpected_response"}
    assert pbx.tokens.valid() == []


async def test_twenty_callers_renew_once(
    hass: HomeAssistant,
    pbx: Yeastar,
    yeastar: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Renewed single-flight before it ends."""
    freezer.tick(_HALF_AN_HOUR - 59)
    await asyncio.gather(
        *(call_action(hass, "get_active_recordings") for _ in range(20))
    )
    assert asked(pbx, "/refresh_token") == 1
    assert asked(pbx, "/get_token") == 1
    assert asked(pbx, "/call/query") >= 21


async def test_twenty_callers_with_a_dead_token_renew_once(
    hass: HomeAssistant, pbx: Yeastar, yeastar: MockConfigEntry
) -> None:
    """10004 for all of them: one renewal, and each request is sent once more."""
    (token,) = pbx.tokens.valid()
    pbx.tokens.revoke(token)
    pbx.tokens.issue()
    await asyncio.gather(
        *(call_action(hass, "get_active_recordings") for _ in range(20))
    )
    assert asked(pbx, "/refresh_token") == 1
    assert asked(pbx, "/get_token") == 2


async def test_a_day_of_polls_needs_one_sign_in(
    pbx: Yeastar, yeastar: MockConfigEntry, pass_time: Poll
) -> None:
    """The token is refreshed, not got again; two at most are out."""
    for _ in range(50):
        await pass_time(_HALF_AN_HOUR - 10)
        assert len(pbx.tokens.valid()) <= 2
    assert asked(pbx, "/get_token") == 1
    assert 48 <= asked(pbx, "/refresh_token") <= 51


async def test_a_restart_keeps_the_token(
    hass: HomeAssistant, pbx: Yeastar, yeastar: MockConfigEntry
) -> None:
    """A stop that cannot give the token back (here: no answer) finds it again."""
    pbx.faults.add(Fault("drop", path="/del_token"))
    assert await hass.config_entries.async_unload(yeastar.entry_id)
    await try_set_up(hass, yeastar)
    assert yeastar.state is ConfigEntryState.LOADED
    assert asked(pbx, "/get_token") == 1
    assert asked(pbx, "/refresh_token") == 0


@pytest.mark.parametrize(
    ("hours", "calls"), [(1, ["/refresh_token"]), (25, ["/get_token"])]
)
async def test_a_restart_later_renews_the_token(
    hass: HomeAssistant,
    pbx: Yeastar,
    yeastar: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    hours: int,
    calls: list[str],
) -> None:
    """A refresh token lives for 86400 seconds."""
    pbx.faults.add(Fault("drop", path="/del_token"))
    assert await hass.config_entries.async_unload(yeastar.entry_id)
    freezer.tick(hours * 3600)
    pbx.requests.clear()
    await try_set_up(hass, yeastar)
    assert yeastar.state is ConfigEntryState.LOADED
    assert asked_in_all(pbx)[:2] == [*calls, "/call/query"]


async def test_a_token_of_another_pbx_is_not_used(
    hass: HomeAssistant, pbx: Yeastar, yeastar: MockConfigEntry
) -> None:
    """What was stored for one application is not sent for another."""
    pbx.faults.add(Fault("drop", path="/del_token"))
    assert await hass.config_entries.async_unload(yeastar.entry_id)
    pbx.client_id = "another"
    hass.config_entries.async_update_entry(
        yeastar, data={**yeastar.data, "client_id": "another"}
    )
    pbx.requests.clear()
    await try_set_up(hass, yeastar)
    assert asked_in_all(pbx)[:2] == ["/get_token", "/call/query"]


async def test_both_tokens_are_saved_before_use(
    hass: HomeAssistant,
    pbx: Yeastar,
    yeastar_entry: MockConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    """While the first request hangs, the tokens are in the storage already."""
    pbx.faults.add(Fault("hang", path="/call/query"))
    setting_up = hass.async_create_task(
        hass.config_entries.async_setup(yeastar_entry.entry_id)
    )
    while not asked(pbx, "/call/query"):
        await asyncio.sleep(0)
    (token,) = pbx.tokens.valid()
    assert token.access in str(hass_storage)
    assert token.refresh in str(hass_storage)
    pbx.faults.clear()
    await setting_up
    await settle(hass)


async def test_a_pbx_that_was_restarted(
    hass: HomeAssistant, pbx: Yeastar, yeastar: MockConfigEntry, pass_time: Poll
) -> None:
    """10004 TOKEN EXPIRED for everything: the poll signs in again and is not lost."""
    pbx.tokens.revoke_all()
    pbx.requests.clear()
    await pass_time(31)
    # What is pushed may have brought about a poll too; the token is renewed once.
    polls = ("/call/query", "/refresh_token", "/get_token")
    calls = [path for path in asked_in_all(pbx) if path in polls]
    assert calls[:4] == ["/call/query", "/refresh_token", "/get_token", "/call/query"]
    assert calls.count("/get_token") == 1
    assert value(hass, _RECORDING) == "off"


async def test_a_token_that_is_never_accepted(
    hass: HomeAssistant, pbx: Yeastar, yeastar: MockConfigEntry, pass_time: Poll
) -> None:
    """10004 whatever is sent: a renewal and a retry once, and no storm of sign-ins."""
    pbx.refusals["call/query"] = 10004
    pbx.refusals["recording/"] = 10004
    pbx.requests.clear()
    await pass_time(25, times=10)
    renewals = asked(pbx, "/refresh_token") + asked(pbx, "/get_token")
    assert renewals == 1
    assert value(hass, _RECORDING) == "unavailable"
    assert not hass.config_entries.flow.async_progress()
    pbx.refusals.clear()
    await pass_time(301)
    assert value(hass, _RECORDING) == "off"


async def test_an_order_with_a_dead_token_is_sent_again(
    hass: HomeAssistant, office: Office, pbx: Yeastar, yeastar: MockConfigEntry
) -> None:
    """10004 says that nothing was done."""
    call = office.connect("101")
    pbx.faults.add(fault("/call/record_start", answer(10004), times=1))
    response = await call_action(hass, "start_recording", directory_number="101")
    assert response["result"] == "started"
    assert asked(pbx, "/call/record_start") == 2
    assert len(office.recordings_of(call)) == 1


async def test_the_limit_of_eight_tokens(
    hass: HomeAssistant,
    pbx: Yeastar,
    yeastar_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """60002: no further get_token for half an hour, even by other set-ups."""
    for _ in range(8):
        pbx.tokens.issue()
    await try_set_up(hass, yeastar_entry)
    assert yeastar_entry.state is ConfigEntryState.SETUP_RETRY
    assert has_issue(hass, "token_limit")
    for _ in range(5):
        freezer.tick(300)
        async_fire_time_changed(hass)
        await settle(hass)
        assert yeastar_entry.state is ConfigEntryState.SETUP_RETRY
    assert asked_in_all(pbx) == ["/get_token"]
    freezer.tick(301)
    async_fire_time_changed(hass)
    await settle(hass)
    assert hass.config_entries.async_loaded_entries(DOMAIN)
    assert not has_issue(hass, "token_limit")


async def test_a_person_need_not_wait(
    hass: HomeAssistant, pbx: Yeastar, yeastar_entry: MockConfigEntry
) -> None:
    """A reload tries at once: the administrator may have fixed it."""
    for _ in range(8):
        pbx.tokens.issue()
    await try_set_up(hass, yeastar_entry)
    assert has_issue(hass, "token_limit")
    for asked_before in (1, 2):
        assert asked(pbx, "/get_token") == asked_before
        await hass.config_entries.async_reload(yeastar_entry.entry_id)
        await settle(hass)
        assert yeastar_entry.state is ConfigEntryState.SETUP_RETRY
    pbx.tokens.revoke_all()
    await hass.config_entries.async_reload(yeastar_entry.entry_id)
    await settle(hass)
    assert hass.config_entries.async_loaded_entries(DOMAIN)
    assert not has_issue(hass, "token_limit")


async def test_the_limit_while_running(
    hass: HomeAssistant, pbx: Yeastar, yeastar: MockConfigEntry, pass_time: Poll
) -> None:
    """The tokens of another application lock us out after a restart of the PBX, for a while."""
    pbx.tokens.revoke_all()
    for _ in range(8):
        pbx.tokens.issue()
    await pass_time(31)
    assert value(hass, _RECORDING) == "unavailable"
    assert has_issue(hass, "token_limit")
    assert (await refusal(hass, "get_active_recordings")).translation_key == (
        "token_limit"
    )
    await pass_time(300, times=5)
    assert asked(pbx, "/get_token") == 2
    await pass_time(301)
    await pass_time(301)
    assert value(hass, _RECORDING) == "off"
    assert not has_issue(hass, "token_limit")


@pytest.mark.parametrize("errcode", [70004, 70087])
async def test_a_blocked_address(
    hass: HomeAssistant,
    pbx: Yeastar,
    yeastar: MockConfigEntry,
    pass_time: Poll,
    errcode: int,
) -> None:
    """ACCOUNT IP BLOCKED / IP FORBIDDEN: stop, tell the user; never loop."""
    pbx.refusals[""] = errcode
    await pass_time(31)
    assert has_issue(hass, "ip_blocked")
    assert value(hass, _RECORDING) == "unavailable"
    pbx.requests.clear()
    for _ in range(8):
        await pass_time(100)
        error = await refusal(hass, "get_active_recordings")
        assert error.translation_key == "ip_blocked"
    assert pbx.requests == []
    pbx.refusals.clear()
    await pass_time(101)
    await pass_time(301)
    assert value(hass, _RECORDING) == "off"
    assert not has_issue(hass, "ip_blocked")


@pytest.mark.parametrize("key", ["ip_blocked", "token_limit"])
async def test_a_person_tries_at_once(
    hass: HomeAssistant, pbx: Yeastar, yeastar: MockConfigEntry, key: str
) -> None:
    """The administrator has cured it, and a person wants to see that now."""
    pbx.tokens.revoke_all()
    if key == "ip_blocked":
        pbx.refusals[""] = 70004
    else:
        for _ in range(8):
            pbx.tokens.issue()
    client = yeastar.runtime_data.live.client
    with pytest.raises(AccessError):
        await client.get_live_state()
    pbx.refusals.clear()
    pbx.tokens.revoke_all()
    pbx.requests.clear()
    with pytest.raises(AccessError) as err:
        await client.get_live_state()
    assert err.value.key == key
    assert not pbx.requests
    await client.retry_at_once()
    assert (await client.get_live_state()).recordings == ()


async def test_removal_during_a_command(
    hass: HomeAssistant,
    office: Office,
    pbx: Yeastar,
    yeastar: MockConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    """A start whose answer comes after the removal writes no file again."""
    office.connect("101")
    pbx.faults.add(Fault("hang", path="/call/record_start"))
    # With the token revoked, the PBX would refuse the start.
    pbx.faults.add(Fault("status", path="/del_token", status=500))
    start = hass.async_create_task(try_to_start(hass, directory_number="101"))
    while not asked(pbx, "/call/record_start"):
        await asyncio.sleep(0.01)
    await hass.config_entries.async_remove(yeastar.entry_id)
    pbx.faults.clear()
    await start
    await settle(hass)
    assert len(office.recordings) == 1
    assert f"{DOMAIN}.{yeastar.entry_id}" not in hass_storage


@pytest.mark.parametrize(
    ("errcode", "error"),
    [
        # "Any non-zero answer of get_token other than -2, 60002, 70004, 70087, 70123
        # is invalid credentials."
        (-1, "invalid_auth"),
        (1, "invalid_auth"),
        (2, "invalid_auth"),
        (10001, "invalid_auth"),
        (10002, "invalid_auth"),
        (10003, "invalid_auth"),
        (10004, "invalid_auth"),
        (10005, "invalid_auth"),
        (10009, "invalid_auth"),
        (40001, "invalid_auth"),
        (40002, "invalid_auth"),
        (60001, "invalid_auth"),
        (70130, "invalid_auth"),
        (99999, "invalid_auth"),
        (-2, "cannot_connect"),
        (60002, "token_limit"),
        ("60002", "token_limit"),
        (70004, "ip_blocked"),
        (70087, "ip_blocked"),
        (70123, "api_disabled"),
    ],
)
async def test_refused_sign_ins(
    hass: HomeAssistant,
    pbx: Yeastar,
    yeastar_data: dict[str, Any],
    errcode: int | str,
    error: str,
) -> None:
    """The form says what is wrong."""
    pbx.faults.add(fault("/get_token", answer(errcode)))
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"next_step_id": "yeastar"}
    )
    form = {key: value for key, value in yeastar_data.items() if key != "recorder"}
    form |= {"recorded_calls": "all", "recorded_extensions": []}
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], form)
    assert flow["type"] is FlowResultType.FORM
    assert flow["errors"] == {"base": error}
    assert asked_in_all(pbx) == ["/get_token"]


@pytest.mark.parametrize(
    "body",
    [
        "<html>Login</html>",
        "",
        "[]",
        "null",
        "{}",
        '{"errcode": null}',
        answer(0),
        answer(0, access_token=""),
        answer(0, access_token=["x"]),
    ],
)
async def test_answers_that_are_none(
    hass: HomeAssistant, pbx: Yeastar, yeastar_entry: MockConfigEntry, body: str
) -> None:
    """A page of something else is no token, and no wrong credentials either."""
    pbx.faults.add(fault("/get_token", body))
    await try_set_up(hass, yeastar_entry)
    assert yeastar_entry.state is ConfigEntryState.SETUP_RETRY
    assert not hass.config_entries.flow.async_progress()


async def test_changed_credentials(
    hass: HomeAssistant, pbx: Yeastar, yeastar: MockConfigEntry, pass_time: Poll
) -> None:
    """There is a new client secret: the user is asked, and the PBX is not."""
    pbx.client_secret = "another"
    pbx.tokens.revoke_all()
    await pass_time(31, times=2)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    knocks = asked(pbx, "/get_token")
    await pass_time(300, times=10)
    # The archive has polls of its own, and finds out for itself.
    assert asked(pbx, "/get_token") <= knocks + 1


async def test_a_token_without_an_end(
    hass: HomeAssistant, pbx: Yeastar, yeastar_entry: MockConfigEntry
) -> None:
    """Times that are not reported, or as text, are those of the documents."""
    token = pbx.tokens.issue()
    pbx.faults.add(
        fault(
            "/get_token",
            answer(
                "0",
                access_token=token.access,
                refresh_token=token.refresh,
                access_token_expire_time="1800",
            ),
        )
    )
    await try_set_up(hass, yeastar_entry)
    assert yeastar_entry.state is ConfigEntryState.LOADED


async def test_a_refresh_that_fails_for_now(
    hass: HomeAssistant, pbx: Yeastar, yeastar: MockConfigEntry, pass_time: Poll
) -> None:
    """An outage while the token is renewed is no reason to sign in."""
    pbx.faults.add(Fault("drop", path="/refresh_token"))
    await pass_time(_HALF_AN_HOUR)
    await pass_time(60)
    assert value(hass, _RECORDING) == "unavailable"
    assert asked(pbx, "/get_token") == 1
    pbx.faults.clear()
    await pass_time(301)
    assert value(hass, _RECORDING) == "off"
    assert asked(pbx, "/get_token") == 1


@pytest.mark.parametrize(
    ("errcode", "key", "calls"),
    [
        (-2, "cannot_connect", ["/refresh_token"]),
        (70123, "api_disabled", ["/refresh_token"]),
        (70004, "ip_blocked", ["/refresh_token"]),
        # Nothing documented says that a refresh token has ended.
        (-1, None, ["/refresh_token", "/get_token", "/call/query"]),
        (10004, None, ["/refresh_token", "/get_token", "/call/query"]),
        (10005, None, ["/refresh_token", "/get_token", "/call/query"]),
        (40002, None, ["/refresh_token", "/get_token", "/call/query"]),
    ],
)
async def test_refused_renewals(
    pbx: Yeastar,
    yeastar_data: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    errcode: int,
    key: str | None,
    calls: list[str],
) -> None:
    """Where the refresh token is dead, the credentials get another token."""
    async with ClientSession() as session:
        client = YeastarClient(session, yeastar_data, time_zone=UTC)
        await client.get_live_state()
        freezer.tick(_HALF_AN_HOUR)
        pbx.requests.clear()
        pbx.faults.add(fault("/refresh_token", answer(errcode)))
        with nullcontext() if key is None else pytest.raises(RecorderError, match=key):
            await client.get_live_state()
    assert asked_in_all(pbx) == calls


async def test_no_token_in_the_log(
    hass: HomeAssistant,
    office: Office,
    pbx: Yeastar,
    yeastar_entry: MockConfigEntry,
    pass_time: Poll,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It travels in the query, and shows nowhere, whatever goes wrong."""
    caplog.set_level(logging.DEBUG)
    pbx.refusals.clear()
    await try_set_up(hass, yeastar_entry)
    office.connect("101", "+390551234567")
    await pass_time(31)
    for kind in ("drop", "half_body", "login_page", "status", "redirect", "empty_body"):
        pbx.faults.add(Fault(kind, status=503, url=f"{pbx.url}/elsewhere"))
        await pass_time(301)
        await refusal(hass, "start_recording", directory_number="101")
        pbx.faults.clear()
        await pass_time(301)
    pbx.tokens.revoke_all()
    await pass_time(61)
    assert await hass.config_entries.async_unload(yeastar_entry.entry_id)
    await settle(hass)
    secrets = {request.query.get("access_token", "") for request in pbx.requests}
    secrets.discard("")
    assert len(secrets) >= 2
    log = "\n".join(
        record.getMessage()
        for record in caplog.records
        # The tests' own stand-in for the disk.
        if not record.name.startswith("pytest_homeassistant")
    )
    for secret in (*secrets, pbx.client_secret, pbx.client_id, "390551234567", BASE):
        assert secret not in log

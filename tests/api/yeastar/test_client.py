"""Calls on a Yeastar PBX, and the commands about their recordings.

Quotes are from the vendor's pages "Query Calls", "(30011) Call State Changed",
"Start Call Recording" and "Error Code and Error Message" of the P-Series guide.
"""

import json
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from simulator.yeastar import Yeastar
from simulator.yeastar.rows import call_id, channel_ids
from tests.helpers.actions import call_action, refusal
from tests.helpers.clock import Poll, settle
from tests.helpers.entries import set_up_recorder
from tests.helpers.states import value
from tests.helpers.yeastar import answer, asked, fault

_ACTIVE: Final = "sensor.yeastar_active_recordings"
_CALLS: Final = "sensor.yeastar_active_calls"
_RECORDING: Final = "binary_sensor.yeastar_recording"


@pytest.fixture
def pbx(simulator: Simulator) -> Yeastar:
    """Return the simulated PBX; it refuses the push, so that polls are all there is."""
    simulator.yeastar.refusals["subscribe"] = 10009
    return simulator.yeastar


@pytest.fixture
async def recorder(
    hass: HomeAssistant, pbx: Yeastar, yeastar_data: dict[str, Any]
) -> MockConfigEntry:
    """Return an entry that is set up: all calls are recorded."""
    return await set_up_recorder(hass, yeastar_data)


def calls_body(*calls: tuple[str, list[tuple[str, str, str]]]) -> str:
    """Return an answer of Query Calls: (call id, [(kind, who, status)])."""
    data = []
    for number, (call, members) in enumerate(calls):
        rows: list[dict[str, Any]] = []
        for place, (kind, who, status) in enumerate(members):
            member: dict[str, Any] = {
                "channel_id": f"PJSIP/{who}-{number}{place}",
                "member_status": status,
                "call_path": "",
            }
            if kind == "extension":
                member["number"] = who
            else:
                member |= {"from": who, "to": "900", "trunk_name": "my-trunk"}
                if kind == "outbound":
                    member |= {"from": "900", "to": who}
            rows.append({kind: member})
        data.append({"call_id": call, "members": rows})
    return answer(0, data=data)


def commands(pbx: Yeastar) -> list[Any]:
    """Return what Start Call Recording was asked for."""
    return [
        json.loads(request.body)
        for request in pbx.requests
        if request.path.endswith("/record_start")
    ]


# --- What is reported ---


async def test_an_idle_pbx(
    hass: HomeAssistant, pbx: Yeastar, recorder: MockConfigEntry, pass_time: Poll
) -> None:
    """When idle, it "returns only errcode and errmsg": no `data` key. Or 60001."""
    assert value(hass, _ACTIVE) == "0"
    assert value(hass, _CALLS) == "0"
    pbx.says_not_found = True
    await pass_time(31)
    await pass_time(31)
    assert value(hass, _ACTIVE) == "0"
    assert value(hass, _RECORDING) == "off"


async def test_entities_by_capability(
    hass: HomeAssistant, recorder: MockConfigEntry
) -> None:
    """No entity for what the PBX never reports: paused recordings."""
    registry = er.async_get(hass)
    keys = {
        entry.translation_key
        for entry in er.async_entries_for_config_entry(registry, recorder.entry_id)
    }
    assert "active_calls" in keys
    assert "paused_recordings" not in keys


async def test_a_call_counts_from_when_it_is_connected(
    hass: HomeAssistant,
    office: Office,
    recorder: MockConfigEntry,
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A ringing one is no recording; the recording started when it was answered."""
    call = office.connect("101", "+390551234567", ringing=True)
    await pass_time(31)
    assert value(hass, _ACTIVE) == "0"
    assert value(hass, _CALLS) == "0"
    office.answer(call)
    answered_at = office.now.replace(microsecond=0)
    await pass_time(0)
    assert (await call_action(hass, "get_active_recordings"))["recordings"] == [
        {
            "id": call_id(call),
            "started_at": answered_at.isoformat(),
            "duration": 0,
            "is_paused": None,
            "local_party": {"username": None, "number": "101"},
            "remote_party": {
                "first_name": None,
                "last_name": None,
                "phone_number": "+390551234567",
            },
            "line": None,
        }
    ]
    await pass_time(31)
    assert value(hass, _ACTIVE) == "1"
    assert value(hass, _CALLS) == "1"
    assert value(hass, "sensor.yeastar_oldest_active_start") == answered_at.isoformat()
    office.hang_up(call)
    await pass_time(31)
    assert value(hass, _ACTIVE) == "0"


async def test_a_call_that_was_not_seen_ringing(
    hass: HomeAssistant, office: Office, recorder: MockConfigEntry, pass_time: Poll
) -> None:
    """Its id shows when it started, in UTC: `<epoch>.<seq>`."""
    call = office.connect("101")
    await pass_time(20)
    (recording,) = (await call_action(hass, "get_active_recordings"))["recordings"]
    began_at = call.started_at.replace(microsecond=0)
    assert recording["started_at"] == began_at.isoformat()
    await pass_time(20)
    (recording,) = (await call_action(hass, "get_active_recordings"))["recordings"]
    assert recording["started_at"] == began_at.isoformat()


@pytest.mark.parametrize(
    ("members", "is_connected"),
    [
        # ALERT: "The caller who initiate the call is in the ringback state."
        # RING: "The callee is in the ringing state."
        ([("extension", "1005", "ALERT"), ("outbound", "+2126", "RING")], False),
        ([("inbound", "5503301", "ALERT")], False),
        # EARLYMEDIA: ringing, too (only in the zh-cn edition).
        ([("extension", "1005", "ALERT"), ("outbound", "+2126", "EARLYMEDIA")], False),
        # ANSWERED: "The call initiated by the caller has been answered."
        # ANSWER: "The callee has answered the call, and is in the talking state."
        ([("extension", "1005", "ANSWERED"), ("outbound", "+2126", "ANSWER")], True),
        ([("inbound", "5503301", "ANSWERED"), ("extension", "1005", "ANSWER")], True),
        ([("inbound", "5503301", "ALERT"), ("extension", "1005", "ANSWER")], True),
        ([("extension", "1005", "ANSWERED"), ("outbound", "+2126", "ANSWERED")], True),
        ([("extension", "1001", "answered"), ("extension", "1002", "Answer")], True),
        # Only the extension is monitored.
        ([("extension", "1005", "ANSWER")], True),
        # A menu or a queue has answered; the phone still rings.
        ([("inbound", "5503301", "ANSWERED"), ("extension", "1005", "RING")], False),
        ([("inbound", "5503301", "ANSWERED")], False),
        # A phone that dials for its user answers first.
        ([("extension", "1005", "ANSWER"), ("outbound", "+2126", "RING")], False),
        # One of a ring group has answered.
        (
            [
                ("inbound", "5503301", "ANSWERED"),
                ("extension", "1001", "RING"),
                ("extension", "1002", "ANSWER"),
            ],
            True,
        ),
        # A conference: everybody has called it.
        ([("extension", "1001", "ANSWERED"), ("inbound", "55033", "ANSWERED")], True),
        # HOLD: "The call is held."
        ([("extension", "1005", "HOLD"), ("outbound", "+2126", "ANSWER")], True),
        ([("extension", "1005", "ANSWERED"), ("outbound", "+2126", "HOLD")], True),
        ([("extension", "1005", "HOLD"), ("extension", "1006", "RING")], True),
        # BYE: "The call is hung up."
        ([("extension", "1005", "BYE"), ("outbound", "+2126", "BYE")], False),
        ([("extension", "1005", "ANSWERED"), ("outbound", "+2126", "BYE")], False),
        ([("extension", "1005", "SOMETHING"), ("outbound", "+2126", "NEW")], False),
        ([], False),
    ],
)
async def test_what_is_connected(
    hass: HomeAssistant,
    pbx: Yeastar,
    recorder: MockConfigEntry,
    members: list[tuple[str, str, str]],
    is_connected: bool,
) -> None:
    """A call that was answered."""
    pbx.faults.add(fault("/call/query", calls_body(("1650012665.266", members))))
    response = await call_action(hass, "get_active_recordings")
    assert len(response["recordings"]) == is_connected


@pytest.mark.parametrize(
    ("members", "local", "remote"),
    [
        (
            [("extension", "1005", "ANSWERED"), ("outbound", "+21", "ANSWER")],
            "1005",
            "+21",
        ),
        (
            [("inbound", "55", "ANSWERED"), ("extension", "1005", "ANSWER")],
            "1005",
            "55",
        ),
        # The one who called is local, in whatever order they come.
        ([("extension", "2", "ANSWER"), ("extension", "1", "ANSWERED")], "1", "2"),
        ([("extension", "1", "ANSWERED"), ("extension", "2", "ANSWER")], "1", "2"),
        # Who talks goes before who holds, and before who was not answered.
        (
            [
                ("inbound", "55", "ANSWERED"),
                ("extension", "1", "HOLD"),
                ("extension", "2", "ANSWER"),
                ("extension", "3", "RING"),
            ],
            "2",
            "55",
        ),
        # Where no extension is reported, the trunk's own end stands for it.
        ([("inbound", "55", "ANSWERED"), ("outbound", "+21", "ANSWER")], "900", "55"),
        ([("outbound", "+21", "ANSWER")], "900", "+21"),
    ],
)
async def test_who_talks_to_whom(
    hass: HomeAssistant,
    pbx: Yeastar,
    recorder: MockConfigEntry,
    members: list[tuple[str, str, str]],
    local: str,
    remote: str,
) -> None:
    """The local party is an extension, the remote one is at the other end."""
    pbx.faults.add(fault("/call/query", calls_body(("1650012665.266", members))))
    (recording,) = (await call_action(hass, "get_active_recordings"))["recordings"]
    assert recording["local_party"]["number"] == local
    assert recording["remote_party"]["phone_number"] == remote


async def test_the_local_party_stays_the_same(
    hass: HomeAssistant, pbx: Yeastar, recorder: MockConfigEntry
) -> None:
    """A hold does not make the other extension the recorded one."""
    for statuses in (("ANSWERED", "ANSWER"), ("HOLD", "ANSWER"), ("ANSWERED", "HOLD")):
        members = [
            ("extension", number, status)
            for number, status in zip(("1", "2"), statuses, strict=True)
        ]
        pbx.faults.add(fault("/call/query", calls_body(("1.1", members)), times=1))
        (recording,) = (await call_action(hass, "get_active_recordings"))["recordings"]
        assert recording["local_party"]["number"] == "1"
    members = [("extension", "1", "BYE"), ("extension", "2", "ANSWERED")]
    members.append(("extension", "3", "ANSWER"))
    pbx.faults.add(fault("/call/query", calls_body(("1.1", members)), times=1))
    (recording,) = (await call_action(hass, "get_active_recordings"))["recordings"]
    assert recording["local_party"]["number"] == "2"


async def test_several_entries_of_one_call(
    hass: HomeAssistant, pbx: Yeastar, recorder: MockConfigEntry
) -> None:
    """Several channels of one call are one recording."""
    body = calls_body(
        ("1650012665.266", [("inbound", "55", "ANSWERED")]),
        ("1650012665.266", [("extension", "1005", "ANSWER")]),
    )
    pbx.faults.add(fault("/call/query", body))
    (recording,) = (await call_action(hass, "get_active_recordings"))["recordings"]
    assert recording["id"] == "1650012665.266"


async def test_rows_that_cannot_be_read(
    hass: HomeAssistant, office: Office, pbx: Yeastar, recorder: MockConfigEntry
) -> None:
    """They cost themselves only."""
    office.connect("101")
    office.connect("102")
    pbx.faults.add(Fault("bad_rows", path="/call/query"))
    assert len((await call_action(hass, "get_active_recordings"))["recordings"]) == 2


async def test_a_bare_object(
    hass: HomeAssistant, office: Office, pbx: Yeastar, recorder: MockConfigEntry
) -> None:
    """One call where a list of calls is due."""
    office.connect("101")
    pbx.faults.add(Fault("bare_object", path="/call/query"))
    assert len((await call_action(hass, "get_active_recordings"))["recordings"]) == 1


@pytest.mark.parametrize(
    "call",
    [
        {"call_id": "x", "members": "none"},
        {"call_id": 7, "members": {"extension": {"member_status": "ANSWER"}}},
        {"call_id": "1.1", "members": [None, 7, [], {"extension": "x"}, {"fax": {}}]},
        {"call_id": "1.1"},
    ],
)
async def test_calls_of_strange_shapes(
    hass: HomeAssistant, pbx: Yeastar, recorder: MockConfigEntry, call: dict[str, Any]
) -> None:
    """Whatever they are, the poll goes on."""
    pbx.faults.add(fault("/call/query", answer(0, data=[call])))
    await call_action(hass, "get_active_recordings")


@pytest.mark.parametrize(
    "body",
    [
        "<html></html>",
        "",
        "{}",
        "[]",
        '"SUCCESS"',
        '{"errcode": "none"}',
        answer(0, data="calls"),
        answer(0, data=[{}, {"call": 1}]),
        answer(0, data={}),
    ],
)
async def test_answers_that_are_none(
    hass: HomeAssistant, pbx: Yeastar, recorder: MockConfigEntry, body: str
) -> None:
    """What cannot be read is no idle PBX."""
    pbx.faults.add(fault("/call/query", body))
    error = await refusal(hass, "get_active_recordings")
    assert error.translation_key == "unexpected_response"


@pytest.mark.parametrize(
    ("errcode", "key", "issue"),
    [
        (1, "unexpected_response", None),
        (2, "unexpected_response", None),
        (-1, "cannot_connect", None),
        (-2, "cannot_connect", None),
        (10001, "unexpected_response", None),
        (10002, "unexpected_response", None),
        (10003, "unexpected_response", None),
        (10005, "insufficient_permissions", "insufficient_permissions"),
        (10009, "unexpected_response", None),
        (40001, "unexpected_response", None),
        (40002, "unexpected_response", None),
        ("40002", "unexpected_response", None),
        (60002, "unexpected_response", None),
        (70004, "ip_blocked", "ip_blocked"),
        (70087, "ip_blocked", "ip_blocked"),
        (70123, "api_disabled", "api_disabled"),
        (99999, "unexpected_response", None),
    ],
)
async def test_refused_polls(
    hass: HomeAssistant,
    pbx: Yeastar,
    recorder: MockConfigEntry,
    pass_time: Poll,
    errcode: int | str,
    key: str,
    issue: str | None,
) -> None:
    """Errors come as HTTP 200. None of them is a reason to sign in again."""
    sign_ins = asked(pbx, "/get_token") + asked(pbx, "/refresh_token")
    pbx.faults.add(fault("/call/query", answer(errcode)))
    await pass_time(31)
    await pass_time(61)
    assert value(hass, _ACTIVE) == "unavailable"
    assert value(hass, _CALLS) == "unavailable"
    error = await refusal(hass, "get_active_recordings")
    assert error.translation_key == key
    assert asked(pbx, "/get_token") + asked(pbx, "/refresh_token") == sign_ins
    issues = ir.async_get(hass)
    shown = {issue_id for domain, issue_id in issues.issues if domain == DOMAIN}
    assert shown == {
        "unencrypted_01YEASTAR",
        *([f"{issue}_01YEASTAR"] if issue else []),
    }
    assert not hass.config_entries.flow.async_progress()
    pbx.faults.clear()
    await pass_time(901)
    await pass_time(301)
    assert value(hass, _ACTIVE) == "0"
    shown = {issue_id for domain, issue_id in issues.issues if domain == DOMAIN}
    assert shown == {"unencrypted_01YEASTAR"}


# --- What counts as recorded ---


async def test_only_some_extensions(
    hass: HomeAssistant, office: Office, pbx: Yeastar, yeastar_data: dict[str, Any]
) -> None:
    """`extensions`: connected calls in which one of them takes part."""
    extensions = ["1-01", " \uff11\uff10\uff14"]
    options = {"recorded_calls": "extensions", "recorded_extensions": extensions}
    await set_up_recorder(hass, yeastar_data, options=options)
    office.connect("101")
    office.connect("102")
    office.connect("103", "104", "internal")
    response = await call_action(hass, "get_active_recordings")
    numbers = [rec["local_party"]["number"] for rec in response["recordings"]]
    assert sorted(numbers) == ["101", "104"]
    office.calls.clear()
    members = [("inbound", "5", "ANSWERED"), ("extension", "101", "RING")]
    members.append(("extension", "102", "ANSWER"))
    pbx.faults.add(fault("/call/query", calls_body(("1.1", members))))
    assert not (await call_action(hass, "get_active_recordings"))["recordings"]


async def test_only_what_is_started_here(
    hass: HomeAssistant,
    office: Office,
    pbx: Yeastar,
    yeastar_data: dict[str, Any],
    pass_time: Poll,
) -> None:
    """`started_here`: only those that this integration started, also after a restart."""
    options = {"recorded_calls": "started_here", "recorded_extensions": []}
    entry = await set_up_recorder(hass, yeastar_data, options=options)
    first, _ = office.connect("101"), office.connect("102")
    await pass_time(31)
    assert value(hass, _ACTIVE) == "0"
    assert value(hass, _CALLS) == "2"
    response = await call_action(hass, "start_recording", directory_number="101")
    assert response == {"result": "started", "recording_id": call_id(first)}
    started_at = office.now.replace(microsecond=0).isoformat()
    for _ in range(2):
        await pass_time(31)
        await pass_time(31)
        assert value(hass, _ACTIVE) == "1"
        (recording,) = (await call_action(hass, "get_active_recordings"))["recordings"]
        assert recording["started_at"] == started_at
        assert recording["is_paused"] is False
        assert await hass.config_entries.async_reload(entry.entry_id)
        await settle(hass)
    error = await refusal(hass, "start_recording", directory_number="101")
    assert error.translation_key == "already_recording"
    response = await call_action(
        hass, "start_recording", directory_number="101", ensure=True
    )
    assert response == {"result": "already_recording", "recording_id": call_id(first)}
    assert asked(pbx, "/call/record_start") == 1
    office.hang_up(first)
    await pass_time(31)
    await pass_time(31)
    assert value(hass, _ACTIVE) == "0"


async def test_orders_of_ended_calls_are_forgotten(
    hass: HomeAssistant,
    office: Office,
    recorder: MockConfigEntry,
    hass_storage: dict[str, Any],
    pass_time: Poll,
) -> None:
    """The storage does not grow with the calls."""
    call = office.connect("101")
    await call_action(hass, "start_recording", directory_number="101")
    assert call_id(call) in str(hass_storage["call_recorder.01YEASTAR"])
    office.hang_up(call)
    await pass_time(31)
    await pass_time(31)
    assert call_id(call) not in str(hass_storage["call_recorder.01YEASTAR"])


# --- Commands ---


async def test_start_pause_and_resume(
    hass: HomeAssistant, office: Office, pbx: Yeastar, recorder: MockConfigEntry
) -> None:
    """By extension. The PBX does not report a pause; what we did is remembered."""
    call = office.connect("101")
    await call_action(hass, "start_recording", directory_number="101")
    (recording,) = office.recordings_of(call)
    response = await call_action(hass, "pause_recording", directory_number="101")
    assert response == {"recording_id": call_id(call)}
    assert recording.is_paused
    (active,) = (await call_action(hass, "get_active_recordings"))["recordings"]
    assert active["is_paused"] is True
    await call_action(hass, "resume_recording", recording_id=call_id(call))
    assert not recording.is_paused
    (active,) = (await call_action(hass, "get_active_recordings"))["recordings"]
    assert active["is_paused"] is False


@pytest.mark.parametrize("place", [0, 1])
async def test_start_by_call_or_channel(
    hass: HomeAssistant,
    office: Office,
    pbx: Yeastar,
    recorder: MockConfigEntry,
    place: int,
) -> None:
    """`call_id` is the id of a call or of a channel."""
    office.connect("102")
    call = office.connect("101")
    await call_action(hass, "start_recording", call_id=call_id(call))
    channel = channel_ids(call)[place]
    await call_action(hass, "start_recording", call_id=channel)
    # "{"channel_id":"PJSIP/2002-00000076"}"
    assert commands(pbx) == [
        {"channel_id": channel_ids(call)[0]},
        {"channel_id": channel},
    ]


@pytest.mark.parametrize("by_channel", [True, False])
async def test_start_of_a_call_on_hold(
    hass: HomeAssistant,
    office: Office,
    pbx: Yeastar,
    recorder: MockConfigEntry,
    by_channel: bool,
) -> None:
    """A call that the caller names is meant, on hold or not."""
    call = office.connect("101")
    office.hold(call)
    named = channel_ids(call)[0] if by_channel else call_id(call)
    response = await call_action(hass, "start_recording", call_id=named)
    assert response == {"result": "started", "recording_id": call_id(call)}
    assert commands(pbx) == [{"channel_id": channel_ids(call)[0]}]


async def test_a_channel_that_only_the_pbx_knows(
    hass: HomeAssistant, pbx: Yeastar, recorder: MockConfigEntry
) -> None:
    """Its answer shows the call."""
    pbx.faults.add(fault("/call/record_start", answer(0, call_id="1648717816.195")))
    response = await call_action(hass, "start_recording", call_id="PJSIP/2002-00000076")
    assert response == {"result": "started", "recording_id": "1648717816.195"}


async def test_the_right_channel_of_the_right_call(
    hass: HomeAssistant, office: Office, pbx: Yeastar, recorder: MockConfigEntry
) -> None:
    """The call that is talked in, not one that rings or is held; the newest one."""
    body = calls_body(
        (
            "1650000001.9",
            [("inbound", "1", "ANSWERED"), ("extension", "101", "ANSWER")],
        ),
        (
            "1650000001.10",
            [("inbound", "2", "ANSWERED"), ("extension", "101", "ANSWER")],
        ),
        ("1650000003.1", [("inbound", "3", "ANSWERED"), ("extension", "101", "HOLD")]),
        ("1650000004.1", [("inbound", "4", "ALERT"), ("extension", "101", "RING")]),
        (
            "1650000005.1",
            [("inbound", "5", "ANSWERED"), ("extension", "102", "ANSWER")],
        ),
    )
    pbx.faults.add(fault("/call/query", body))
    pbx.faults.add(fault("/call/record_start", answer(0, call_id="1650000001.10")))
    response = await call_action(hass, "start_recording", directory_number="101")
    assert response["recording_id"] == "1650000001.10"
    assert commands(pbx) == [{"channel_id": "PJSIP/101-11"}]


async def test_an_extension_with_two_phones(
    hass: HomeAssistant, pbx: Yeastar, recorder: MockConfigEntry
) -> None:
    """The phone that was picked up, not the one beside it."""
    members = [("inbound", "1", "ANSWERED"), ("extension", "101", "RING")]
    members.append(("extension", "101", "ANSWER"))
    pbx.faults.add(fault("/call/query", calls_body(("1650000001.9", members))))
    pbx.faults.add(fault("/call/record_start", answer(0)))
    await call_action(hass, "start_recording", directory_number="101")
    assert commands(pbx) == [{"channel_id": "PJSIP/101-02"}]


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ({}, "line_not_specified"),
        ({"device_name": "SEP001"}, "not_supported"),
        ({"directory_number": "101", "device_name": "SEP001"}, "not_supported"),
        ({"directory_number": "101", "mode": "dial_in"}, "not_supported"),
        ({"directory_number": "109"}, "no_connected_call"),
        ({"directory_number": "102"}, "no_connected_call"),
        ({"directory_number": "103"}, "no_connected_call"),
        ({"call_id": "1650012665.266"}, "no_connected_call"),
        ({"call_id": "PJSIP/none-1", "directory_number": "101"}, "no_connected_call"),
        # No channel is called so: the PBX is not asked.
        ({"call_id": "PJSIP/none 1"}, "no_connected_call"),
        ({"call_id": "/"}, "no_connected_call"),
        ({"call_id": "PJSIP/" + "1" * 101}, "no_connected_call"),
        # 70130 CHANNEL ID NOT FOUND
        ({"call_id": "PJSIP/none-1"}, "channel_not_found"),
    ],
)
async def test_starts_that_are_refused(
    hass: HomeAssistant,
    office: Office,
    recorder: MockConfigEntry,
    line: dict[str, str],
    key: str,
) -> None:
    """Ringing and held calls cannot be recorded, nor those that do not exist."""
    office.connect("101")
    office.connect("102", ringing=True)
    office.hold(office.connect("103"))
    error = await refusal(hass, "start_recording", **line)
    assert error.translation_key == key
    mends = key != "channel_not_found"
    assert isinstance(error, ServiceValidationError) is mends
    assert not office.recordings


@pytest.mark.parametrize("action", ["pause_recording", "resume_recording"])
@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({}, "line_not_specified"),
        ({"device_name": "SEP001"}, "not_supported"),
        ({"directory_number": "109"}, "not_active_recording"),
        ({"recording_id": "1650012665.266"}, "not_active_recording"),
        # 10009 OPERATION FAILED: nothing documented says why.
        ({"directory_number": "101"}, "request_refused"),
    ],
)
async def test_pauses_that_are_refused(
    hass: HomeAssistant,
    office: Office,
    recorder: MockConfigEntry,
    action: str,
    fields: dict[str, str],
    key: str,
) -> None:
    """There is nothing to pause."""
    office.connect("101")
    error = await refusal(hass, action, **fields)
    assert error.translation_key == key


async def test_a_held_call_can_be_paused(
    hass: HomeAssistant, office: Office, recorder: MockConfigEntry
) -> None:
    """A held call counts as recorded, so its recording can be paused."""
    call = office.connect("101")
    recording = office.start_recording(call)
    office.hold(call)
    await call_action(hass, "pause_recording", directory_number="101")
    assert recording.is_paused


@pytest.mark.parametrize(
    "fields", [{"directory_number": "101"}, {"recording_id": "1650012665.266"}]
)
async def test_there_is_no_stop(
    hass: HomeAssistant,
    office: Office,
    pbx: Yeastar,
    recorder: MockConfigEntry,
    fields: dict[str, str],
) -> None:
    """`call/record_stop` is not documented: nothing is sent."""
    office.connect("101")
    pbx.requests.clear()
    error = await refusal(hass, "stop_recording", **fields)
    assert error.translation_key == "not_supported"
    assert pbx.requests == []


@pytest.mark.parametrize(
    ("errcode", "key"),
    [
        (1, "request_refused"),
        (2, "request_refused"),
        (-1, "cannot_connect"),
        (-2, "cannot_connect"),
        (10001, "not_supported"),
        (10002, "not_supported"),
        (10003, "not_supported"),
        (10005, "insufficient_permissions"),
        (10009, "request_refused"),
        (40001, "request_refused"),
        (40002, "request_refused"),
        (60001, "request_refused"),
        (60002, "request_refused"),
        (70004, "ip_blocked"),
        (70087, "ip_blocked"),
        (70123, "api_disabled"),
        (70130, "channel_not_found"),
        ("70130", "channel_not_found"),
        (70132, "not_supported"),
        (99999, "request_refused"),
    ],
)
@pytest.mark.parametrize(
    ("action", "call"),
    [
        ("start_recording", "/call/record_start"),
        ("pause_recording", "/call/record_pause"),
        ("resume_recording", "/call/record_unpause"),
    ],
)
async def test_refused_orders(
    hass: HomeAssistant,
    office: Office,
    pbx: Yeastar,
    recorder: MockConfigEntry,
    action: str,
    call: str,
    errcode: int | str,
    key: str,
) -> None:
    """Every errcode of the table, as a refusal of a command; none is sent again."""
    office.connect("101")
    pbx.faults.add(fault(call, answer(errcode)))
    error = await refusal(hass, action, directory_number="101")
    assert error.translation_key == key
    assert isinstance(error, ServiceValidationError) is (key == "not_supported")
    assert asked(pbx, call) == 1
    if key == "request_refused":
        assert error.translation_placeholders == {"code": str(errcode), "text": "TEST"}


@pytest.mark.parametrize("kind", ["drop", "drop_after", "half_body", "login_page"])
async def test_a_start_whose_answer_is_lost(
    hass: HomeAssistant,
    office: Office,
    pbx: Yeastar,
    recorder: MockConfigEntry,
    kind: Any,
) -> None:
    """The PBX never reports whether a call is recorded: the outcome is unknown, nothing is repeated."""
    call = office.connect("101")
    pbx.faults.add(Fault(kind, path="/call/record_start"))
    error = await refusal(hass, "start_recording", directory_number="101")
    assert error.translation_key == "outcome_unknown"
    assert not isinstance(error, ServiceValidationError)
    assert asked(pbx, "/call/record_start") == 1
    assert len(office.recordings_of(call)) == (kind in ("drop_after", "half_body"))


async def test_an_order_that_never_left(
    hass: HomeAssistant, office: Office, pbx: Yeastar, recorder: MockConfigEntry
) -> None:
    """Where the PBX is off, nothing was done."""
    office.connect("101")
    await pbx.stop()
    error = await refusal(hass, "start_recording", directory_number="101")
    assert error.translation_key == "cannot_connect"


@pytest.mark.parametrize("status", [429, 500, 502, 504])
async def test_a_proxy_in_between(
    hass: HomeAssistant,
    office: Office,
    pbx: Yeastar,
    recorder: MockConfigEntry,
    status: int,
) -> None:
    """The PBX itself answers with 200 only; a proxy may have passed the command on."""
    office.connect("101")
    pbx.faults.add(Fault("status", path="/call/query", status=status, times=1))
    error = await refusal(hass, "start_recording", directory_number="101")
    assert error.translation_key == "cannot_connect"
    pbx.faults.clear()
    pbx.faults.add(Fault("status", path="/call/record_start", status=status))
    error = await refusal(hass, "start_recording", directory_number="101")
    assert error.translation_key == "outcome_unknown"


async def test_filters(
    hass: HomeAssistant, office: Office, recorder: MockConfigEntry
) -> None:
    """The PBX knows extensions, and no other names of a line."""
    office.connect("101", "102", "internal")
    office.connect("103")
    for number in ("101", "102"):
        response = await call_action(
            hass, "get_active_recordings", directory_number=number
        )
        (recording,) = response["recordings"]
        assert recording["local_party"]["number"] == number
    for field in ("device_name", "username", "numeric_user_id"):
        error = await refusal(hass, "get_active_recordings", **{field: "101"})
        assert error.translation_key == "not_supported"


async def test_no_redirect_is_followed(
    hass: HomeAssistant, pbx: Yeastar, recorder: MockConfigEntry
) -> None:
    """The token stays where it belongs."""
    pbx.faults.add(Fault("redirect", path="/call/query", url=f"{pbx.url}/openapi/x"))
    polls = asked(pbx, "/call/query")
    with pytest.raises(HomeAssistantError):
        await call_action(hass, "get_active_recordings")
    assert asked(pbx, "/call/query") == polls + 1
    assert asked(pbx, "/x") == 0

"""Any value, as each parser gets it: valid data comes out, or it costs the row."""

from collections.abc import Callable
import contextlib
from datetime import UTC, datetime
import json
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.call_recorder.api import RECORDERS, client_class
from custom_components.call_recorder.api.asterisk.channels import (
    Channel,
    join_calls,
    parse_channels,
)
from custom_components.call_recorder.api.asterisk.monitors import parse_list
from custom_components.call_recorder.api.asterisk.names import (
    make_path,
    parse_name,
    recording_id,
)
from custom_components.call_recorder.api.asterisk.wire import Message
from custom_components.call_recorder.api.audio import audio_type, audio_type_of_name
from custom_components.call_recorder.api.bandwidth.archive import RowCursor
from custom_components.call_recorder.api.bandwidth.position import Position
from custom_components.call_recorder.api.bandwidth.rows import Call, Row
from custom_components.call_recorder.api.errors import RecorderError, RefusedError
from custom_components.call_recorder.api.imagicle.rows import parse_note, parse_user
from custom_components.call_recorder.api.numbers import (
    as_dialed,
    comparable,
    digits,
    hide_numbers,
    mask,
    mask_numbers,
)
from custom_components.call_recorder.api.paging import TimeCursor
from custom_components.call_recorder.api.parsing import (
    as_bool,
    as_id,
    as_int,
    as_text,
    parse_duration,
    parse_time,
)
from custom_components.call_recorder.api.reply import Reply
from custom_components.call_recorder.api.yeastar.ledger import CallCommand
from custom_components.call_recorder.api.yeastar.pbx_time import (
    PbxClock,
    parse_call_id,
    parse_file_name,
)
from custom_components.call_recorder.api.yeastar.rows import parse_recording
from custom_components.call_recorder.api.yeastar.tokens import TokenPair

from .mutation import NUMBERS, OTHERS, TEXTS
from .rounds import check

_NOW: Final = datetime(2026, 6, 10, 10, tzinfo=UTC)
_ZONE: Final = ZoneInfo("Australia/Lord_Howe")
_CLOCK: Final = PbxClock(zone=_ZONE)
_FIELDS: Final = (
    # Imagicle
    *("id", "startTime", "duration", "direction", "localPartyNumber", "owner"),
    *("username", "firstName", "lastName", "phoneNumber", "text", "hash", "size"),
    # Bandwidth
    *("state", "endTime", "call", "media", "from", "to"),
    # Yeastar
    *("time", "uid", "call_from", "call_to", "call_from_number", "call_type", "file"),
    *("access_token", "refresh_token", "access_token_expire_time", "started_at"),
    *("system_time", "system_date_format", "system_time_format", "timestamp"),
    "is_paused",
)

texts = st.sampled_from(TEXTS) | st.text()
scalars = texts | st.sampled_from(NUMBERS) | st.integers() | st.floats() | st.booleans()
values = st.recursive(
    scalars | st.sampled_from(OTHERS),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(_FIELDS), inner),
    max_leaves=8,
)
rows = st.dictionaries(st.sampled_from(_FIELDS), values)
messages = st.dictionaries(
    st.sampled_from(
        (
            *(
                "Event",
                "Channel",
                "Uniqueid",
                "Linkedid",
                "ChannelStateDesc",
                "BridgeId",
            ),
            *("CallerIDNum", "CallerIDName", "ConnectedLineNum", "Output"),
        )
    ),
    texts
    | st.sampled_from(
        ("CoreShowChannel", "PJSIP/1002-00000001", "1795854077.2", "Up", "0x1\t/a.wav")
    ),
).map(lambda fields: Message(tuple(fields.items())))


def _parse_bandwidth(row: dict[str, Any]) -> Any:
    """Return what both lists make of a row."""
    parsed = Row.parse(row)
    call = Call(id="c-1")
    return parsed.to_active(call, _NOW), parsed.to_recording(call)


def _make_path(text: str) -> str:
    """Return an id of the path that is made of a party's number."""
    path = make_path(
        "/x", local=text, remote=text, unique_id="1.2", now=_NOW, time_zone=_ZONE
    )
    assert path.isascii()
    return recording_id(path)


@pytest.mark.parametrize(
    "parse",
    [as_bool, as_id, as_int, as_text, parse_duration, parse_time, parse_file_name],
    ids=lambda parse: parse.__name__,
)
@given(value=values)
def test_values(parse: Callable[[Any], Any], value: Any) -> None:
    """No value of JSON brings about more than a valid value, or none."""
    parsed = parse(value)
    if not isinstance(parsed, datetime):
        check(parsed)


@pytest.mark.parametrize(
    "parse",
    [
        parse_user,
        parse_note,
        _parse_bandwidth,
        Call.parse,
        lambda row: parse_recording(row, _CLOCK),
        lambda row: _CLOCK.to_utc(row.get("time")),
        lambda row: PbxClock.parse(row, _ZONE).to_utc(row.get("system_time")),
        lambda row: TokenPair.parse(row, 0.0).access,
        lambda row: CallCommand.parse(row).is_paused,
    ],
)
@given(row=rows)
def test_rows(parse: Callable[[dict[str, Any]], Any], row: dict[str, Any]) -> None:
    """A row is valid data, or costs itself."""
    with contextlib.suppress(ValueError, RecorderError):
        check(parse(row))


@given(message=messages)
def test_messages(message: Message) -> None:
    """So is a row of Asterisk's manager interface."""
    parse_list(message)
    if (channel := Channel.parse(message)) is not None:
        check((channel.call_id, channel.caller_name, channel.caller_number))
    for call in join_calls(parse_channels([message, message])).values():
        check((call.parties, call.direction, call.extensions))


@pytest.mark.parametrize(
    "parse",
    [
        *(as_dialed, comparable, digits, mask, mask_numbers, hide_numbers),
        *(audio_type_of_name, parse_call_id, parse_name, recording_id, _make_path),
    ],
    ids=lambda parse: parse.__name__,
)
@given(text=texts)
def test_texts(parse: Callable[[str], Any], text: str) -> None:
    """Any text, as it is after it has come in."""
    check(parse(as_text(text) or ""))


@given(text=texts, code=texts)
def test_refusals(text: str, code: str) -> None:
    """A recorder's own words are shown short, and without what cannot be written."""
    err = RefusedError.unknown(as_text(code) or "", as_text(text))
    check((str(err), err.text, err.code))


@pytest.mark.parametrize("recorder", [name for name in RECORDERS if name != "asterisk"])
@given(text=texts | st.text("htps:/[]@%.?#1x", min_size=5).map("https://{}".format))
def test_addresses(recorder: str, text: str) -> None:
    """What is typed as an address is one, or is refused."""
    client = client_class(recorder)
    try:
        settings = client.normalize({"url": text})
    except ValueError:
        return
    # What was cleaned is clean.
    assert client.normalize(settings) == settings


@pytest.mark.parametrize("parse", [TimeCursor.parse, RowCursor.parse])
@given(text=texts)
def test_cursors(parse: Callable[[str], Any], text: str) -> None:
    """What is no cursor is refused."""
    with contextlib.suppress(RefusedError):
        parse(text)


@given(stored=rows | st.fixed_dictionaries({"order": values, "total": values}))
def test_what_was_stored(stored: dict[str, Any]) -> None:
    """A file that something else has written is as good as none."""
    assert TokenPair.restore(stored) is None
    with contextlib.suppress(KeyError, TypeError, ValueError):
        Position.from_dict(stored)


@given(
    body=st.binary() | values.map(lambda value: json.dumps(value).encode()),
    header=texts,
)
def test_replies(body: bytes, header: str) -> None:
    """Any bytes, and any headers."""
    headers = {"Date": header, "Retry-After": header}
    reply = Reply(status=200, headers=headers, body=body)
    assert reply.server_time.tzinfo is not None
    reply.server_time.astimezone(_ZONE)
    assert reply.retry_after is None or 1 <= reply.retry_after <= 900
    with contextlib.suppress(RecorderError):
        reply.json()


@given(declared=texts, head=st.binary(max_size=12))
def test_audio(declared: str, head: bytes) -> None:
    """What gets to a browser is audio."""
    with contextlib.suppress(RecorderError):
        assert audio_type(declared, head).startswith("audio/")

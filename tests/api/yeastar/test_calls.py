"""Calls on a Yeastar PBX, without Home Assistant: which lines a recording is on.

"Query Calls" lists the members of a call as they are now: after a transfer the first
extension is no longer among them, or its status is BYE.
"""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.call_recorder.api.models import ActiveRecording
from custom_components.call_recorder.api.yeastar import RecordedCalls
from custom_components.call_recorder.api.yeastar.calls import CallParser
from custom_components.call_recorder.api.yeastar.ledger import CallLedger

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)

type Members = list[tuple[str, str]]


def calls(members: Members) -> Any:
    """Return the `data` of "Query Calls": one call from outside, with extensions."""
    trunk = {"from": "+390551234567", "to": "900", "member_status": "ANSWERED"}
    rows: list[dict[str, Any]] = [{"inbound": trunk}]
    rows += [
        {"extension": {"number": number, "member_status": status}}
        for number, status in members
    ]
    return [{"call_id": "1650012665.266", "members": rows}]


async def poll(
    ledger: CallLedger, members: Members, extension: str | None = None
) -> ActiveRecording:
    """Let the ledger see a call; return its recording."""
    seen = await CallParser().parse(calls(members))
    ledger.see(seen, NOW)
    (recording,) = ledger.recordings(seen, NOW, extension)
    return recording


def numbers(recording: ActiveRecording) -> list[str | None]:
    """Return the numbers of the recording's lines, the first party's first."""
    further = [party.number for party in recording.further_local_parties]
    return [recording.local_party.number, *further]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        # A blind transfer: the one who had the call is gone.
        ([[("101", "ANSWER")], [("102", "ANSWER")]], [["101"], ["102"]]),
        (
            [[("101", "ANSWER")], [("101", "BYE"), ("102", "ANSWER")]],
            [["101"], ["102"]],
        ),
        # While the second one rings, the call is the first one's.
        (
            [
                [("101", "ANSWER")],
                [("101", "HOLD"), ("102", "RING")],
                [("101", "HOLD"), ("102", "ANSWER")],
                [("102", "ANSWER")],
            ],
            [["101"], ["101"], ["101", "102"], ["102"]],
        ),
        # A three-way call is on both lines, and stays the first one's.
        (
            [
                [("101", "ANSWER")],
                [("101", "ANSWER"), ("102", "ANSWER")],
                [("102", "ANSWER"), ("101", "ANSWER")],
                [("101", "ANSWER")],
            ],
            [["101"], ["101", "102"], ["101", "102"], ["101"]],
        ),
        # An extension with two phones is one line.
        ([[("101", "ANSWER"), ("101", "ANSWER")]], [["101"]]),
    ],
)
async def test_lines_follow_the_call(
    steps: list[Members], expected: list[list[str]]
) -> None:
    """A recording is on the lines that are in its call now; it is one recording."""
    ledger = CallLedger(RecordedCalls.ALL, ())
    recordings = [await poll(ledger, members) for members in steps]
    assert [numbers(recording) for recording in recordings] == expected
    assert len({(rec.id, rec.started_at) for rec in recordings}) == 1
    assert all(rec.remote_party.phone_number == "+390551234567" for rec in recordings)


async def test_an_internal_call_is_on_both_lines() -> None:
    """Caller and called are extensions, and so both are local."""
    members = [
        {"extension": {"number": "102", "member_status": "ANSWER"}},
        {"extension": {"number": "101", "member_status": "ANSWERED"}},
    ]
    ledger = CallLedger(RecordedCalls.ALL, ())
    seen = await CallParser().parse([{"call_id": "1.1", "members": members}])
    (recording,) = ledger.recordings(seen, NOW)
    assert numbers(recording) == ["101", "102"]
    assert recording.remote_party.phone_number == "102"


@pytest.mark.parametrize("extension", ["102", " 1-02"])
async def test_the_line_that_is_asked_for_comes_first(extension: str) -> None:
    """A filter names its line, however it is written; the others are still there."""
    ledger = CallLedger(RecordedCalls.ALL, ())
    members = [("101", "ANSWER"), ("102", "ANSWER")]
    assert numbers(await poll(ledger, members)) == ["101", "102"]
    assert numbers(await poll(ledger, members, extension)) == ["102", "101"]
    assert numbers(await poll(ledger, members)) == ["101", "102"]


@pytest.mark.parametrize(
    "extensions", [["101, 102"], ["101;102"], ["101\n102"], [" 101 ", "102"], ["9 102"]]
)
async def test_extensions_that_were_pasted(extensions: list[str]) -> None:
    """A text with several extensions counts as several."""
    ledger = CallLedger(RecordedCalls.EXTENSIONS, extensions)
    assert numbers(await poll(ledger, [("103", "ANSWER"), ("102", "ANSWER")])) == [
        "102",
        "103",
    ]


async def test_a_call_that_stays_as_it_is() -> None:
    """It is neither parsed nor described again; only what has changed is."""
    parser, ledger = CallParser(), CallLedger(RecordedCalls.ALL, ())
    rows = [calls([("101", "ANSWER")])[0], calls([("102", "ANSWER")])[0]]
    rows[1]["call_id"] = "1650012666.267"
    first = await parser.parse(deepcopy(rows))
    ledger.see(first, NOW)
    one, other = ledger.recordings(first, NOW)
    assert await parser.parse(deepcopy(rows)) is first
    rows[1]["members"].append({"extension": {"number": "103", "member_status": "RING"}})
    second = await parser.parse(deepcopy(rows))
    assert second[0] is first[0]
    assert second[1] != first[1]
    same, changed = ledger.recordings(second, NOW)
    assert same is one
    assert changed == other
    ledger.paused(one.id, True)
    paused, _ = ledger.recordings(second, NOW)
    assert paused.is_paused

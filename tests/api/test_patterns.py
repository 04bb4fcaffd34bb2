"""No text from outside can keep the parsers busy.

Where a pattern could backtrack, the number of its steps would grow with the square of
the text: a megabyte would take hours, not milliseconds.
"""

from typing import Any

import pytest

from custom_components.call_recorder.api.errors import RefusedError
from custom_components.call_recorder.api.numbers import (
    ends_with,
    hide_numbers,
    is_number,
    is_same,
    mask_numbers,
    split_numbers,
)
from custom_components.call_recorder.api.parsing import (
    as_bool,
    as_id,
    as_int,
    as_text,
    parse_duration,
    parse_time,
)
from custom_components.call_recorder.api.yeastar.pbx_time import (
    PbxClock,
    parse_call_id,
    parse_file_name,
)
from custom_components.call_recorder.api.yeastar.rows import parse_recording
from homeassistant.util import dt as dt_util

_SIZE = 1_000_000
_TEXTS = [
    "a" + " " * _SIZE + "b",
    " " * _SIZE,
    "<" * _SIZE,
    "a<" + ">" * _SIZE,
    "a <" * (_SIZE // 3),
    "1" * _SIZE,
    "1" + "(" * _SIZE,
    "1 " * (_SIZE // 2) + "x",
    "+" * _SIZE,
    "1(((((" * (_SIZE // 6),
    "-" * _SIZE,
    "-inbound." * (_SIZE // 9),
    "P" + "1" * _SIZE,
    "P" + "1M" * (_SIZE // 2),
    "PT" + "1." * (_SIZE // 2) + "S",
    "2026-11-28T10:00:00." + "0" * _SIZE,
    "20261128100000-1795860000." + "1" * _SIZE,
    "\x00" * _SIZE,
    "\ud83d" * _SIZE,
    "\n" * _SIZE,
    "\u2028a" * (_SIZE // 2),
]


@pytest.mark.parametrize("text", _TEXTS, ids=range(len(_TEXTS)))
def test_long_texts(text: str) -> None:
    """Every parser and every pattern gets through a megabyte of its worst input."""
    for parse in (as_text, as_id, as_int, as_bool, parse_time, parse_duration):
        parse(text)
    for find in (is_number, hide_numbers, mask_numbers, parse_call_id, parse_file_name):
        find(text)
    split_numbers(text)
    is_same(text, f"{text}1")
    ends_with(text, f"{text}1")
    assert len(as_text(text) or "") <= 500
    refusal = RefusedError.unknown(text, text)
    assert len(refusal.text) <= 200
    assert len(refusal.code) <= 64


@pytest.mark.parametrize("text", _TEXTS, ids=range(len(_TEXTS)))
def test_long_texts_in_a_row(text: str) -> None:
    """A row of them is parsed, and nothing in it is long."""
    row: dict[str, Any] = dict.fromkeys(
        ("call_from", "call_to", "file", "time", "uid", "call_type", "size"), text
    )
    clock = PbxClock(zone=dt_util.UTC)
    recording = parse_recording({**row, "id": 7, "duration": text}, clock)
    assert recording.id == "7"
    assert len(repr(recording)) < 10_000

"""What a user shows of a recorder's answer has no names, and still has its shape."""

import json
from pathlib import Path
import re
import subprocess
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "redact"

# The answers that the vendors print, with what must not be seen of them.
IMAGICLE = """[{
  "id": "6b98303a-b295-473a-adae-19b78aca468d",
  "duration": "PT1M13S",
  "startedAt": "2018-07-02T15:07:00.0000000",
  "localParty": {"username": "anna.rossi"},
  "remoteParty": {"firstName": "Giulia", "lastName": "Ferri", "phoneNumber": "+15557176298"},
  "isPaused": false
}]"""
BANDWIDTH = """[{
  "endTime": "2013-02-08T13:17:12.181Z",
  "id": "r-abcdefgh1234",
  "media": "https://api.private.example.com/v1/users/u-secret99/media/c-call4711-1.wav",
  "call": "https://api.private.example.com/v1/users/u-secret99/calls/c-call4711",
  "startTime": "2013-02-08T13:15:47.587Z",
  "state": "complete"
}]"""
YEASTAR = """{
  "errcode": 0, "errmsg": "SUCCESS", "total_number": 184,
  "access_token": "XLS56U6Uq16jvYozSuTM0jHY8NqQcfIG",
  "data": [{
    "id": 614614, "time": "01/12/2022 17:36:24", "uid": "2022011217362446627",
    "call_from": "Evelyn<55665566>", "call_to": "Dave Harris<55565556>",
    "duration": 250, "size": 825588, "call_type": "Internal",
    "file": "20220112173629-1641980184.14-55665566-55565556-Internal.wav"
  }]
}"""
ASTERISK = """Event: CoreShowChannel
Channel: PJSIP/10011001-0000008a
ChannelStateDesc: Up
CallerIDNum: 15557176298
CallerIDName: Giulia Ferri
Duration: 00:01:05
Uniqueid: 1650012665.266
"""
ARI = """[{"name": "monitor/2026/11/28/out-015557176298-102102-20261128-031339-1795832017.0",
  "format": "wav"}]"""
HEADERS = """HTTP/1.1 200 OK
Date: Sat, 28 Nov 2026 10:00:00 GMT
Link: <https://api.private.example.com/v1/users/u-secret99/recordings?page=1&size=25>; rel="next"
Set-Cookie: Session=hunter2hunter2; path=/; HttpOnly

"""
SECRETS = {
    IMAGICLE: ["6b98303a", "anna", "rossi", "Giulia", "Ferri", "7176298"],
    BANDWIDTH: ["abcdefgh1234", "private", "secret99", "call4711"],
    YEASTAR: [
        "XLS56U6Uq16",
        "614614",
        "4446627",
        "Evelyn",
        "Harris",
        "55665566",
        "55565556",
    ],
    ARI: ["7176298", "102102"],
    ASTERISK: ["10011001", "0000008a", "7176298", "Giulia", "Ferri"],
}
SYSTEMS = ["imagicle", "bandwidth", "yeastar", "ari", "asterisk"]


def redact(text: str) -> str:
    """Return what the script makes of an answer."""
    return subprocess.run(  # noqa: S603
        [SCRIPT], input=text, capture_output=True, text=True, check=True
    ).stdout


def shape(data: Any) -> Any:
    """Reduce an answer to its fields, the kinds of its values and their lengths."""
    if isinstance(data, dict):
        return {key: shape(value) for key, value in data.items()}
    if isinstance(data, list):
        return [shape(value) for value in data]
    if isinstance(data, str):
        return re.sub(r"[a-z]", "x", re.sub(r"[A-Z]", "X", re.sub(r"\d", "9", data)))
    return data if isinstance(data, bool | None) else (type(data), len(str(data)))


@pytest.mark.parametrize("answer", SECRETS, ids=SYSTEMS)
@pytest.mark.parametrize("headers", ["", HEADERS], ids=["body", "headers"])
def test_nobody_is_named(answer: str, headers: str) -> None:
    """Names, numbers, ids, tokens and hosts are gone."""
    redacted = redact(headers + answer)
    secrets = SECRETS[answer] + ["private", "secret99", "hunter2"]
    assert not [secret for secret in secrets if secret in redacted]


@pytest.mark.parametrize("answer", [IMAGICLE, BANDWIDTH, YEASTAR, ARI], ids=SYSTEMS[:4])
def test_shape_stays(answer: str) -> None:
    """Fields, kinds of values, lengths and punctuation are those of the answer."""
    assert shape(json.loads(redact(answer))) == shape(json.loads(answer))


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (IMAGICLE, ['"PT1M13S"', '"2018-07-02T15:07:00.0000000"', "false"]),
        (BANDWIDTH, ['"2013-02-08T13:17:12.181Z"', '"complete"', "/media/c-", ".wav"]),
        (
            YEASTAR,
            [
                '"01/12/2022 17:36:24"',
                '"errcode": 0,',
                '"errmsg": "SUCCESS"',
                '"duration": 250',
                '"call_type": "Internal"',
                '"20220112173629-1641980184.14-',
            ],
        ),
        (ARI, ['"monitor/2026/11/28/out-', "-20261128-031339-1795832017.0"]),
        (
            ASTERISK,
            ["Event: CoreShowChannel\n", "Duration: 00:01:05", "1650012665.266"],
        ),
        (
            HEADERS + IMAGICLE,
            ["HTTP/1.1 200 OK", "28 Nov 2026", 'page=1&size=25>; rel="next"'],
        ),
    ],
    ids=[*SYSTEMS, "headers"],
)
def test_what_matters_stays(answer: str, kept: list[str]) -> None:
    """Times, durations, states and the recorder's own words are still there."""
    redacted = redact(answer)
    assert not [text for text in kept if text not in redacted]


def test_what_belongs_together_can_be_seen() -> None:
    """The same value becomes the same value."""
    row = json.loads(redact(YEASTAR))["data"][0]
    caller = row["call_from"].partition("<")[2].rstrip(">")
    called = row["call_to"].partition("<")[2].rstrip(">")
    assert caller != called
    assert f"-{caller}-{called}-Internal.wav" in row["file"]


def test_runs_differ() -> None:
    """No list can be made of what becomes what."""
    answer = json.dumps({"username": "a-rather-long-name-of-somebody"})
    assert redact(answer) != redact(answer)


def test_names_in_keys_and_other_letters() -> None:
    """A key that is data goes too, and so do letters of other alphabets."""
    redacted = redact('{"+15557176298": {"firstName": "Åse", "lastName": "王小明"}}')
    assert not [secret for secret in ("7176298", "Å", "王", "明") if secret in redacted]


def test_half_an_answer() -> None:
    """An answer that was cut is redacted too, and its fields keep their names."""
    redacted = redact(IMAGICLE[: IMAGICLE.index('"isPaused"')])
    assert '"firstName": "' in redacted
    assert "PT1M13S" in redacted
    assert not [secret for secret in SECRETS[IMAGICLE] if secret in redacted]


def test_a_file_is_read(tmp_path: Path) -> None:
    """The answer may be in a file."""
    path = tmp_path / "answer.json"
    path.write_text(IMAGICLE)
    result = subprocess.run(  # noqa: S603
        [SCRIPT, path], capture_output=True, text=True, check=True
    )
    assert json.loads(result.stdout)[0]["duration"] == "PT1M13S"
    assert "read it through" in result.stderr

"""Secrets and names that are planted in a recorder, to be searched for later."""

from base64 import b64encode
from collections.abc import Iterable
import json
from typing import Final

from simulator.faults import Fault

PASSWORD: Final = "pw-HUSH-9f3b"
USERNAME: Final = "hush.agent"
CREDENTIALS: Final = (
    PASSWORD,
    USERNAME,
    b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode(),
)
REMOTE_NUMBER: Final = "+15550007777"
NUMBERS: Final = (REMOTE_NUMBER, REMOTE_NUMBER[1:], "4711008")
# All names have this in common, and nothing else has.
NAME: Final = "hush"

# Answers that hold what they should not, in every field that might be shown.
TALKATIVE: Final = json.dumps(
    {
        "reason": 77,
        "message": f"No channel for {REMOTE_NUMBER} or 4711008",
        "deviceName": "SEPHUSH4711",
        "username": "hush.user",
        "extension": "4711008",
        "remoteParty": {"firstName": "Hushremote", "phoneNumber": REMOTE_NUMBER},
    }
)
TALKATIVE_ROWS: Final = json.dumps([{"id": None, "phone": REMOTE_NUMBER}, TALKATIVE])
TALKATIVE_FAULTS: Final = [
    Fault("status", status=500, body=TALKATIVE),
    Fault("status", status=400, body=TALKATIVE),
    Fault("status", status=403, body=TALKATIVE),
    Fault("status", status=429, body=TALKATIVE, retry_after=7),
    Fault("status", status=418, body=TALKATIVE, headers={"X-Who": REMOTE_NUMBER}),
    Fault("body", body=TALKATIVE),
    Fault("body", body=TALKATIVE_ROWS),
    Fault("body", body=f"<html>{TALKATIVE}</html>"),
    Fault("bad_rows"),
    Fault("bare_object"),
    Fault("half_body"),
    Fault("drop"),
    Fault("drop_after"),
    Fault("empty_object"),
    Fault("empty_body"),
    Fault("invalid_json"),
    Fault("login_page"),
    Fault("huge_body"),
    Fault("wrong_content_type", content_type="text/hush"),
    Fault("redirect", url=f"http://{USERNAME}:{PASSWORD}@127.0.0.1:9/hush"),
]


def found(text: str, secrets: Iterable[str]) -> list[str]:
    """Return the secrets that a text holds."""
    return [secret for secret in secrets if secret.lower() in text.lower()]

"""Catapult's ids: `r-...` of a recording, `c-...` of a call (ap-docs, "c-bonay3r4mtwbplurq4nkt7q")."""

from base64 import b32decode, b32encode
import binascii

from simulator.identifiers import digest, scramble, unscramble


def bandwidth_id(seed: int, kind: str, number: int) -> str:
    """Return the id of the recording ("r") or call ("c") with a running number."""
    raw = digest(seed, kind, number, 8) + scramble(number)
    return f"{kind}-{b32encode(raw).decode().rstrip('=').lower()}"


def number_of_bandwidth_id(seed: int, kind: str, identifier: str) -> int | None:
    """Return the running number behind an id of a kind, None if the id is of another kind or made up."""
    try:
        raw = b32decode(identifier.removeprefix(f"{kind}-").upper() + "=")
    except binascii.Error:
        return None
    number = unscramble(raw[-6:])
    return number if bandwidth_id(seed, kind, number) == identifier else None

"""The identifiers that the recorders give to the same recording or call.

All of them are worked out from the seed and the running number, both ways, so
that one row among a million is found by its identifier without a table.
"""

from base64 import b32decode, b32encode
import binascii
from hashlib import blake2b
from uuid import UUID

_FACTOR, _OFFSET = 0x5DEECE66D1AB, 0x9E3779B97F4B
_SPACE = 1 << 48
_INVERSE = pow(_FACTOR, -1, _SPACE)
_FIRST_YEASTAR_ID = 614


def mix(seed: int, number: int, salt: int) -> int:
    """Return 63 bits that look random and are always the same."""
    x = (number * 0x9E3779B97F4A7C15 + seed * 0xBF58476D1CE4E5B9 + salt) & (1 << 64) - 1
    x ^= x >> 31
    x = x * 0x94D049BB133111EB & (1 << 64) - 1
    x ^= x >> 29
    x = x * 0xD6E8FEB86659FD93 & (1 << 64) - 1
    return x >> 1


def guid(seed: int, number: int) -> str:
    """Return a recording's GUID (Imagicle, Get Recording: id)."""
    return str(
        UUID(bytes=_digest(seed, "guid", number, 10) + _scramble(number), version=4)
    )


def number_of_guid(seed: int, identifier: str) -> int | None:
    """Return the running number behind a GUID, None if it is nobody's."""
    number = _unscramble(UUID(identifier).bytes[-6:])
    return number if UUID(guid(seed, number)) == UUID(identifier) else None


def bandwidth_id(seed: int, kind: str, number: int) -> str:
    """Return `r-...` or `c-...` (ap-docs, "c-bonay3r4mtwbplurq4nkt7q")."""
    raw = _digest(seed, kind, number, 8) + _scramble(number)
    return f"{kind}-{b32encode(raw).decode().rstrip('=').lower()}"


def number_of_bandwidth_id(seed: int, kind: str, identifier: str) -> int | None:
    """Return the running number behind `r-...` or `c-...`, None if nobody's."""
    try:
        raw = b32decode(identifier.removeprefix(f"{kind}-").upper() + "=")
    except binascii.Error:
        return None
    number = _unscramble(raw[-6:])
    return number if bandwidth_id(seed, kind, number) == identifier else None


def yeastar_id(number: int) -> int:
    """Return a recording's integer id (Yeastar, Query Recording List: id)."""
    return _FIRST_YEASTAR_ID + number


def number_of_yeastar_id(identifier: int) -> int:
    """Return the running number behind a Yeastar recording's id."""
    return identifier - _FIRST_YEASTAR_ID


def _digest(seed: int, kind: str, number: int, size: int) -> bytes:
    """Return bytes that depend on everything that identifies the thing."""
    return blake2b(f"{seed} {kind} {number}".encode(), digest_size=size).digest()


def _scramble(number: int) -> bytes:
    """Return six bytes from which the number can be had back."""
    return ((number * _FACTOR + _OFFSET) % _SPACE).to_bytes(6)


def _unscramble(raw: bytes) -> int:
    """Return the number behind six scrambled bytes."""
    return (int.from_bytes(raw) - _OFFSET) * _INVERSE % _SPACE

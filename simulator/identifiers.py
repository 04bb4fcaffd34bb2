"""What the recorders' identifiers are made of: seeded, and reversible.

An identifier follows from the seed and the running number, and the running number
from the identifier, so that one row in a million is found without a table. How an
identifier looks is each recorder's own (`<recorder>/identifiers.py`).
"""

from hashlib import blake2b

_FACTOR, _OFFSET = 0x5DEECE66D1AB, 0x9E3779B97F4B
_SPACE = 1 << 48
_INVERSE = pow(_FACTOR, -1, _SPACE)


def mix(seed: int, number: int, salt: int) -> int:
    """Return 63 bits that look random and are the same for the same arguments."""
    x = (number * 0x9E3779B97F4A7C15 + seed * 0xBF58476D1CE4E5B9 + salt) & (1 << 64) - 1
    x ^= x >> 31
    x = x * 0x94D049BB133111EB & (1 << 64) - 1
    x ^= x >> 29
    x = x * 0xD6E8FEB86659FD93 & (1 << 64) - 1
    return x >> 1


def digest(seed: int, kind: str, number: int, size: int) -> bytes:
    """Return `size` bytes that depend on the seed, the kind of thing and its number."""
    return blake2b(f"{seed} {kind} {number}".encode(), digest_size=size).digest()


def scramble(number: int) -> bytes:
    """Return six bytes that `unscramble` turns back into the number."""
    return ((number * _FACTOR + _OFFSET) % _SPACE).to_bytes(6)


def unscramble(raw: bytes) -> int:
    """Return the number behind six scrambled bytes."""
    return (int.from_bytes(raw) - _OFFSET) * _INVERSE % _SPACE

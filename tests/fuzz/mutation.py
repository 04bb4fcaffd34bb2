"""Spoils answers in the ways in which real ones are spoiled, and in some that are not."""

from collections.abc import Callable, Iterator
import json
from random import Random
from typing import Any, Final

TEXTS: Final = (
    "",
    " ",
    "null",
    "0",
    "-1",
    "1e999",
    "true",
    "Ann \ud83d<+15550002222>",
    "a\x00b\x1e\x7f\u0085",
    "line\r\nSet-Cookie: a=b",
    "\u202egnp.exe",
    "e\u0301" * 50,
    "x" * 100_000,
    "a" + " " * 50_000 + "b",
    "../../etc/passwd",
    "mine%2F..%2F",
    "<script>alert(1)</script>",
    "+15557654321<+15557654321>",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59.9999999Z",
    "9998-07-01T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "2031-01-01T00:00:00+14:00",
    "2027-10-31T02:30:00",
    "2027-02-30T10:00:00Z",
    "2027/03/28 02:30:00",
    "31/12/2026 11:59:59 PM",
    "PT0S",
    "PT",
    "-PT5S",
    "P90Y",
    "PT1M13.0000000S",
    "P9999999999D",
    "00:01:13",
    "https://[",
    "http://127.0.0.1:1/v1/users/x/recordings/../../y",
)
NUMBERS: Final = (
    *(0, 1, -1, 2**31, 2**53 + 1, 2**64, -(2**63), 10**30),
    *(0.5, -0.0, 1e308, 1.7e9, 1.7e12),
)
OTHERS: Final[tuple[Any, ...]] = (None, True, False, [], {}, [[]], [None], {"a": {}})
BYTES: Final = (
    *(b"\x1e", b"\xe9", b"\xf0\x9f", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"NaN"),
    *(b"Infinity", b"{", b"]", b'"', b"\\ud83d", b"<html>", b"1" * 5000, b"[" * 3000),
)


class Mutation:
    """Changes answers at random; the same random numbers make the same changes."""

    def __init__(self, random: Random) -> None:
        """Take the numbers from `random`."""
        self._random = random

    def __call__(self, body: bytes) -> bytes:
        """Return the answer with something wrong in it."""
        try:
            answer = json.loads(body)
        except ValueError:
            return self._spoil_lines(body)
        for _ in range(self._random.choice((1, 1, 2, 5, 20))):
            answer = self._spoil(answer)
        # Lone surrogates are written as escapes, as some recorders do.
        body = json.dumps(answer).encode()
        return self._spoil_bytes(body) if self._random.random() < 0.25 else body

    def _spoil_lines(self, body: bytes) -> bytes:
        """Change a line of a message, mostly its value, or nothing."""
        lines = body.split(b"\r\n")
        line = self._random.randrange(len(lines))
        match self._random.randint(0, 7):
            case 0:
                return self._spoil_bytes(body)
            case 1 | 2:
                text = self._random.choice(TEXTS).encode(errors="replace")
                lines[line] = lines[line].partition(b":")[0] + b": " + text
            case 3:
                lines.insert(line, lines[line])
            case 4:
                del lines[line]
        return b"\r\n".join(lines)

    def _spoil(self, answer: Any) -> Any:
        """Change one place of an answer."""
        places = list(_places(answer))
        if not places or self._random.random() < 0.03:
            return self._value()
        container, key = self._random.choice(places)
        change: Callable[[Any, Any], None] = self._random.choice(
            (self._replace, self._replace, self._retype, self._drop, self._repeat)
        )
        change(container, key)
        return answer

    def _value(self) -> Any:
        """Return a value that nothing has asked for."""
        return self._random.choice(
            (
                self._random.choice(TEXTS),
                self._random.choice(TEXTS),
                self._random.choice(NUMBERS),
                json.loads(json.dumps(self._random.choice(OTHERS))),
            )
        )

    def _replace(self, container: Any, key: Any) -> None:
        container[key] = self._value()

    def _retype(self, container: Any, key: Any) -> None:
        """Write a number as a text and the other way round, or wrap it."""
        value = container[key]
        if isinstance(value, int | float):
            container[key] = str(value)
        elif isinstance(value, str) and value.isdecimal():
            container[key] = int(value)
        elif isinstance(value, str):
            container[key] = self._random.choice(
                (value.upper(), value + "\ud800", [value], value[: len(value) // 2])
            )
        else:
            container[key] = [value]

    def _drop(self, container: Any, key: Any) -> None:
        del container[key]

    def _repeat(self, container: Any, key: Any) -> None:
        """Put something in twice, or something that does not belong there."""
        if isinstance(container, list):
            container.insert(key, self._random.choice((container[key], self._value())))
        else:
            container[f"{key}2"] = self._value()

    def _spoil_bytes(self, body: bytes) -> bytes:
        """Change the bytes themselves."""
        position = self._random.randint(0, len(body))
        match self._random.randint(0, 3):
            case 0:
                return body[:position]
            case 1:
                return self._random.choice(BYTES)
            case 2:
                return body[:position] + body[position + 1 :]
        return body[:position] + self._random.choice(BYTES) + body[position:]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Return all places of an answer, as container and key."""
    keys: list[Any] = []
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    for key in keys:
        yield value, key
        yield from _places(value[key])

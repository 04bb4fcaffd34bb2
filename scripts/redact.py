"""Redacts a recorder's answer: personal data is replaced, the structure that a parser reads stays.

Reads the given file or the standard input, and prints the result. The answer may be JSON, with or without the HTTP headers
before it (`curl -i`), or any other text. Names, numbers, ids, tokens and hosts are replaced by others of the same length
and kind; equal values get equal replacements, so that references can still be followed. Times, durations, states and the
recorders' own words stay.

Needs only Python 3, and no network.
"""

import hashlib
import json
from pathlib import Path
import re
import secrets
import string
import sys
from typing import Any

# Words of the recorders and of HTTP, which describe a value: they stay.
KEPT_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    active alert allowed already am answer answered apache api application apps archived asp
    attachment audio authenticate authentication authorization authorized available bad base basic
    busy bye cache cached call calls cannot category challenge channel charset chunked close code
    complete completed configured conflict connected connection content control cookie data database
    date dd denied direction download duration encoding error event exceeded exist expired exten
    extension extensions external failed failure false file files forbidden force format found fw
    gateway get gmt group gzip hang hangup has header hh hold html http httponly https id idle iis
    in inbound incoming index interface internal invalid ip is json keep lax length licence license
    limit line link list live local location match media message method microsoft missing mm mode
    monitor monitored mp3 mpeg must names net next nginx no none nosniff not null number octet of
    offline ok on online openapi operation or out outbound outgoing page pages parameter partial
    party password path pause paused permission pjsip pm post previous private processing public
    query queue rate reached recorder recording recordings rel remote request requested required
    reset response result resume retry revalidate ring ringing samesite saving search secure server
    service session set sip size ss start started state status stop stopped store stream strict
    success successfully supported syntax system talking text the timeout to token too transfer true
    trunk type unauthorized unavailable unknown unsupported uri url user users utc utf v1 v2 value
    version voicemail was wav webapi www yyyy
    """,
    )
)
# A number with a key that ends like this counts or classifies something.
KEPT_NUMBERS = re.compile(
    r"(code|count|direction|duration|limit|mode|page|page_?size|reason|size|status|time|timestamp|total|total_?number|type)$",
    re.IGNORECASE,
)
# A key of another form is data: an id, for example.
NAME_OF_A_FIELD = re.compile(r"[A-Za-z_]+[0-9]?")
# A single word with a key that ends like this is one of the recorder's own words.
KEPT_TEXTS = re.compile(
    r"(action|application|category|errmsg|event|response|state|statedesc|status|type)$",
    re.IGNORECASE,
)
ONE_WORD = re.compile(r"[A-Za-z][A-Za-z_-]*")
KEPT_HOST_OR_WORD = re.compile(
    r"""
      (?P<kept>
          (?<![\w.]) (?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2} | \d{1,2}[-/.]\d{1,2}[-/.]\d{4}) (?=T\d|[^\w./-]|$)
        | (?<![\w:.]) T? \d{1,2}:\d{2} (?: :\d{2} (?: [.,]\d+ )? )? (?: Z | [+-]\d{2}:?\d{2} )? (?![\w:])
        | (?<=\d) T \d{2}:\d{2} (?: :\d{2} (?: [.,]\d+ )? )? (?: Z | [+-]\d{2}:?\d{2} )? (?![\w:])
        | (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),[ ]\d{1,2}[ -][A-Z][a-z]{2}[ -]\d{4}
        | (?<![\w]) -? P (?:\d+D)? T [\dHMS.,]+ (?!\w)
        | (?<![\w]) 20\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d (?!\w)
        | (?<=/) 20\d{2}/[01]\d/[0-3]\d (?=/)
        | (?<!\w) 20\d{2}[01]\d[0-3]\d-[0-2]\d[0-5]\d[0-5]\d (?!\w)
        | (?<![\w.]) 1\d{9}\.\d+ (?!\w)
        | (?<=") [A-Z_]+ \d? (?="\s*:)
        | (?<=[?&]) (?:page|page_?size|size|limit|sort_by|order_by) = \w+
      )
    | (?P<host> (?<=://) [^/\s"'<>:?]+ )
    | (?P<word> [^\W_]+ )
    """,
    re.VERBOSE | re.IGNORECASE,
)


class Redaction:
    """Replaces equal words by equal ones, and by others in each run."""

    def __init__(self) -> None:
        """Choose this run's secret key."""
        self._key = secrets.token_bytes(32)

    def answer(self, text: str) -> str:
        """Redact an answer, with or without HTTP headers."""
        headers, body = "", text
        if text.startswith("HTTP/"):
            headers, _, body = text.replace("\r\n", "\n").partition("\n\n")
            first, *rest = headers.split("\n")
            headers = "\n".join([first, *map(self._header, rest)]) + "\n\n"
        try:
            data = json.loads(body)
        except ValueError:
            return headers + "\n".join(map(self._header, body.split("\n")))
        redacted = json.dumps(self.value(data), indent=2, ensure_ascii=False)
        return f"{headers}{redacted}\n"

    def value(self, value: Any, key: str = "") -> Any:
        """Redact a value and everything in it."""
        if isinstance(value, dict):
            return {
                name
                if NAME_OF_A_FIELD.fullmatch(name)
                else self.text(name): self.value(inner, name)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self.value(inner, key) for inner in value]
        if isinstance(value, str):
            return value if _is_kept(key, value) else self.text(value)
        if type(value) is int and not KEPT_NUMBERS.search(key):
            return int(self.text(str(value)))
        return value

    def text(self, text: str) -> str:
        """Redact the words of a text."""
        return KEPT_HOST_OR_WORD.sub(self._replace, text)

    def _header(self, line: str) -> str:
        """Redact a line that may start with the name of a header or of a field."""
        name, colon, value = line.partition(":")
        if colon and re.fullmatch(r"[A-Za-z][A-Za-z-]*", name):
            text = value.strip()
            return f"{name}:{value if _is_kept(name, text) else self.text(value)}"
        return self.text(line)

    def _replace(self, match: re.Match[str]) -> str:
        """Return the replacement of a word."""
        word = match[0]
        if match["host"]:
            return re.sub(r"[^\W_]+", lambda part: self._other(part[0]), word)
        is_kept = len(word) == 1 or word.lower() in KEPT_WORDS
        return word if match["kept"] or is_kept else self._other(word)

    def _other(self, word: str) -> str:
        """Return another word of the same length and kind."""
        digest = hashlib.shake_256(self._key + word.encode()).digest(2 * len(word))
        letters = (
            "abcdef" if set(word) <= set(string.hexdigits) else string.ascii_lowercase
        )
        return "".join(
            self._character(character, digest[index], letters, first=index == 0)
            for index, character in enumerate(word)
        )

    @staticmethod
    def _character(character: str, chance: int, letters: str, *, first: bool) -> str:
        """Return another character of the same kind; a number does not start with zero."""
        if character.isdecimal():
            return (
                str(1 + chance % 9) if first and character != "0" else str(chance % 10)
            )
        if not character.isascii():
            return "\N{LATIN SMALL LETTER E WITH ACUTE}"
        other = letters[chance % len(letters)]
        return other.upper() if character.isupper() else other


def _is_kept(key: str, text: str) -> bool:
    """Return whether a text is a number that counts, or a word of the recorder."""
    if text.isdecimal():
        return KEPT_NUMBERS.search(key) is not None
    return KEPT_TEXTS.search(key) is not None and ONE_WORD.fullmatch(text) is not None


def main(arguments: list[str]) -> int:
    """Print the redacted input and return the exit code."""
    if len(arguments) > 1 or arguments[:1] in (["-h"], ["--help"]):
        print("usage: redact [FILE]\n\n" + str(__doc__))
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    text = Path(arguments[0]).read_text("utf-8") if arguments else sys.stdin.read()
    print(Redaction().answer(text), end="")
    print("redact: please read it through before you send it", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

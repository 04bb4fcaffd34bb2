"""A recorder's whole answer: its headers, and its JSON read tolerantly."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
import json
from typing import Any, Final

import orjson
from yarl import URL

from .errors import CannotConnectError, InvalidAuthError, UnexpectedResponseError

_MAX_DIGITS: Final = 20
_RETRY_AFTER_MIN: Final = 1.0
_RETRY_AFTER_MAX: Final = 15 * 60.0
_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 9000
"""No clock shows other years, and every time can be reckoned with these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer, within the size limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    links: Mapping[str, URL] = field(default_factory=dict)
    """Where the Link header leads (RFC 8288), by relation, such as `next`."""

    @property
    def is_success(self) -> bool:
        """Return whether the status is one of the 2xx."""
        return 200 <= self.status < 300

    @property
    def server_time(self) -> datetime:
        """Return the recorder's clock (HTTP `Date`), or ours where it sends none."""
        return _parse_http_date(self.headers.get("Date")) or datetime.now(UTC)

    @property
    def retry_after(self) -> float | None:
        """Return the seconds to wait (HTTP `Retry-After`), from 1 s to 15 min."""
        text = (self.headers.get("Retry-After") or "").strip()
        if text.isascii() and text.isdigit():
            seconds = float(text)
        elif (date := _parse_http_date(text)) is not None:
            seconds = (date - self.server_time).total_seconds()
        else:
            return None
        return clamp_retry_after(seconds)

    def json(self) -> Any:
        """Decode the body, or raise `UnexpectedResponseError`.

        What is not quite JSON is decoded too, so that one odd name costs no answer.
        """
        try:
            return orjson.loads(self.body)
        except ValueError:
            return _decode_tolerantly(self.body)

    def raise_for_read(self) -> None:
        """Raise what the status of a failed GET means for every recorder."""
        if self.is_success:
            return
        if self.status == HTTPStatus.UNAUTHORIZED:
            raise InvalidAuthError
        if self.status == HTTPStatus.TOO_MANY_REQUESTS or self.status >= 500:
            raise CannotConnectError(
                f"HTTP {self.status}", retry_after=self.retry_after
            )
        raise UnexpectedResponseError(f"HTTP {self.status}")


def _decode_tolerantly(body: bytes) -> Any:
    """Decode JSON with broken characters, control characters or odd numbers in it."""
    try:
        text = body.decode(json.detect_encoding(body), "replace")
        return json.loads(
            text, strict=False, parse_int=_parse_int, parse_constant=lambda _: None
        )
    except ValueError, RecursionError:
        raise UnexpectedResponseError("no JSON") from None


def _parse_int(text: str) -> int | None:
    """Read a whole number; one that is too long for any use is not there."""
    return int(text) if len(text) <= _MAX_DIGITS else None


def clamp_retry_after(seconds: float) -> float:
    """Limit the seconds that a recorder can make us wait: 1 s to 15 min."""
    return min(max(seconds, _RETRY_AFTER_MIN), _RETRY_AFTER_MAX)


def _parse_http_date(text: str | None) -> datetime | None:
    """Parse an HTTP date; `None` when there is none that can be read."""
    try:
        date = parsedate_to_datetime(text or "")
    except ValueError, OverflowError:
        return None
    if not _FIRST_YEAR <= date.year <= _LAST_YEAR:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)

"""Access tokens: eight at most, each valid for half an hour (Get Access Token)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from simulator.office import Office

from .errors import YeastarError

ACCESS_TIME = timedelta(seconds=1800)
REFRESH_TIME = timedelta(seconds=86400)


@dataclass(frozen=True, slots=True)
class Token:
    """A pair of tokens."""

    access: str
    refresh: str
    issued_at: datetime

    def is_valid(self, now: datetime) -> bool:
        """Return whether the access token is valid."""
        return now < self.issued_at + ACCESS_TIME


class Tokens:
    """The tokens that were issued."""

    def __init__(self, office: Office) -> None:
        """Start without any."""
        self._office = office
        self._issued = 0
        self._tokens: list[Token] = []
        self.limit = 8

    def issue(self) -> Token:
        """Issue a pair; 60002 when too many are valid."""
        if len(self.valid()) >= self.limit:
            raise YeastarError(60002)
        self._issued += 1
        digest = blake2b(
            f"{self._office.seed} {self._issued}".encode(), digest_size=32
        ).hexdigest()
        token = Token(digest[:32].upper(), digest[32:].upper(), self._office.now)
        self._tokens.append(token)
        return token

    def renew(self, refresh: str) -> Token:
        """Replace a pair by a new one (Refresh Access Token); 10004 if it is not valid."""
        for token in self._tokens:
            if (
                token.refresh == refresh
                and self._office.now < token.issued_at + REFRESH_TIME
            ):
                self._tokens.remove(token)
                return self.issue()
        raise YeastarError(10004)

    def find(self, access: str | None) -> Token:
        """Return the valid pair with this access token; 10004 if there is none."""
        for token in self.valid():
            if token.access == access:
                return token
        raise YeastarError(10004)

    def revoke(self, token: Token) -> None:
        """Remove a pair (Revoke Access Token)."""
        self._tokens.remove(token)

    def revoke_all(self) -> None:
        """Remove all pairs, as a restart of the PBX does."""
        self._tokens.clear()

    def valid(self) -> list[Token]:
        """Return the pairs whose access token is valid now."""
        return [token for token in self._tokens if token.is_valid(self._office.now)]


def token_answer(token: Token) -> dict[str, Any]:
    """Return the answer of get_token and refresh_token."""
    return {
        "access_token_expire_time": int(ACCESS_TIME.total_seconds()),
        "access_token": token.access,
        "refresh_token_expire_time": int(REFRESH_TIME.total_seconds()),
        "refresh_token": token.refresh,
    }

"""Users of Imagicle, and the audit events about them."""

from dataclasses import dataclass
from datetime import datetime

COMPLETE_MANAGEMENT = 10
BASE_ACCESS = 2


@dataclass(slots=True)
class User:
    """A user of the Imagicle suite."""

    username: str
    password: str
    level: int
    sso: bool = False
    """Signs in elsewhere: Basic authentication is refused (401) unless allowed."""
    extension: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """A user downloaded a recording (Download Recording)."""

    recording_id: str
    username: str
    at: datetime

"""The Imagicle suite without its routes: users, options, ids and audio."""

from ssl import SSLContext
from typing import Any, ClassVar

from simulator.audio import Mp3
from simulator.calls import Recording
from simulator.office import Office
from simulator.recorder import Recorder

from .identifiers import guid
from .users import BASE_ACCESS, COMPLETE_MANAGEMENT, AuditEvent, User


class Suite(Recorder):
    """Base of the server: what row writers and handlers use of the suite."""

    name: ClassVar[str] = "imagicle"
    root = "/fw/Apps/Recorder/WebAPI"

    def __init__(
        self, office: Office, host: str, port: int, tls: SSLContext | None
    ) -> None:
        """Install the suite with an administrator, a plain user and an SSO user."""
        super().__init__(office, host, port, tls)
        self.username = "homeassistant"
        self.password = "Imagicle-10"
        first, last = office.lines[0], office.lines[-1]
        self.users = [
            User(self.username, self.password, COMPLETE_MANAGEMENT),
            User(first.username, "Imagicle-2", BASE_ACCESS, extension=first.number),
            User(f"{last.username}.sso", "Imagicle-sso", COMPLETE_MANAGEMENT, sso=True),
        ]
        self.audit_events: list[AuditEvent] = []
        self.serves_ranges = False
        self.allows_basic_for_sso = False
        """`AllowBasicAuthForSsoUsersViaWebApi` (ucxcr/product-integration-apis)."""
        self.single_as_object = False
        """A single active recording is answered as a bare object (615, example)."""
        self.body_is_optional = True
        """A start without a body records the user's own line (newer versions)."""
        self.pause_refusal: int | None = None
        """404 or 405: an older version, which has no Pause and Resume."""
        self.leaves_out_unknown = False
        """Unknown fields are left out instead of null."""
        self.fractions = False
        """Durations carry fractions of a second."""
        self.rows_per_page: int | None = None
        """Rows of a page of the archive, whatever is asked for."""
        self.duration_counts_pauses = True
        self.archive_times_have_zone = True
        """`startTime` in UTC with a Z; otherwise local without a zone, as `startedAt` is."""

    @property
    def settings(self) -> dict[str, Any]:
        """Return the fields of the form that reaches this suite."""
        return {
            "url": self.url,
            "username": self.username,
            "password": self.password,
            "verify_ssl": not self.is_self_signed,
        }

    def id_of(self, recording: Recording) -> str:
        """Return a recording's GUID."""
        return guid(self.office.seed, recording.number)

    def audio_of(self, recording: Recording) -> Mp3:
        """Return a finished recording's audio."""
        seconds = recording.recorded_time(self.office.now).total_seconds()
        return Mp3(self.id_of(recording), seconds)

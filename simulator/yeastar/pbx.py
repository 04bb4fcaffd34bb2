"""A P-Series PBX without its routes: application, options, ids and audio."""

from ssl import SSLContext
from typing import Any, ClassVar, override

from simulator.audio import Wav
from simulator.calls import Recording
from simulator.office import Office
from simulator.recorder import Recorder

from .identifiers import yeastar_id
from .tokens import Tokens


class Pbx(Recorder):
    """Base of the server: what row writers and handlers use of the PBX."""

    name: ClassVar[str] = "yeastar"
    root = "/openapi/v1.0"

    def __init__(
        self, office: Office, host: str, port: int, tls: SSLContext | None
    ) -> None:
        """Enable the API for one application."""
        super().__init__(office, host, port, tls)
        self.client_id = "c2FtcGxlQ2xpZW50SWQ"
        self.client_secret = "Yeastar-secret"
        self.keeps_alive = False
        self.serial_number = "3631A2124XXX"
        self.tokens = Tokens(office)
        self.date_format = "MM/DD/YYYY"
        self.time_format = "hh:mm:ss"
        """24 hours; "hh:mm:ss AM" shows 12 hours and the meridiem."""
        self.refusals: dict[str, int] = {}
        """Error codes by the start of the interface: {"": 70123} all, {"recording/": 10005}."""
        self.bad_credentials_code = 10005
        """Not documented."""
        self.blocks_after: int | None = None
        """After so many wrong credentials in a row the address is blocked (70004)."""
        self.says_not_found = False
        """An empty result is 60001 instead of an empty answer."""
        self.zero_durations = False
        """`duration` is 0, as in the page's example."""
        self.newer_fields = False
        """Rows carry call_from_number, call_from_name, call_to_number, call_to_name."""
        self.cloud_fields = False
        """Rows carry archive_status and the other fields of the Cloud edition."""
        self.rows_per_page: int | None = None
        """Rows of each page, whatever `page_size` is asked for."""
        self.can_control_recording = True
        self.message_as_object = False
        """An event's `msg` is an object instead of JSON in a string."""
        self.download_base = ""
        """Start of `download_resource_url`; a real PBX sends a bare path."""
        self.failures = 0
        """Wrong credentials in a row."""

    @property
    def settings(self) -> dict[str, Any]:
        """Return the fields of the form that reaches this PBX."""
        return {
            "url": self.url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "verify_ssl": not self.is_self_signed,
        }

    @override
    def counts(self) -> dict[str, int]:
        """Add the tokens that are valid now."""
        return super().counts() | {"tokens": len(self.tokens.valid())}

    def id_of(self, recording: Recording) -> int:
        """Return a recording's id."""
        return yeastar_id(recording.number)

    def audio_of(self, recording: Recording) -> Wav:
        """Return a recording's audio."""
        seconds = recording.recorded_time(self.office.now).total_seconds()
        return Wav(str(self.id_of(recording)), seconds)

"""A Catapult account without its routes: credentials, options, ids and audio."""

from ssl import SSLContext
from typing import Any, ClassVar, Literal

from simulator.audio import Audio, Mp3, Wav
from simulator.calls import Call, Line, Recording
from simulator.office import Office
from simulator.recorder import Recorder

from .identifiers import bandwidth_id

type ListOrder = Literal["newest_first", "oldest_first", "shuffled"]
type LinkStyle = Literal[
    "standard",  # <https://...?page=0&size=25>; rel="first", <...?page=1&size=25>; rel="next"
    "relative",  # <recordings?page=1&size=25>; rel="next"
    "single_quotes",  # rel='next'
    "sort_key",  # <https://...?sortKeyLT=...&size=25>; rel="next", as getMessages.md has it
    "malformed",  # no semicolon
    "other_host",  # a next page at `link_host`
    "none",
]


class Account(Recorder):
    """Base of the server: what row writers and handlers use of the account."""

    name: ClassVar[str] = "bandwidth"

    def __init__(
        self, office: Office, host: str, port: int, tls: SSLContext | None
    ) -> None:
        """Open the account."""
        super().__init__(office, host, port, tls)
        self.user_id = "u-dkjf9094802375s"
        self.api_token = "t-7fq2xw4m3b6zka"
        self.api_secret = "Bandwidth-secret"
        self.root = f"/v1/users/{self.user_id}"
        self.order: ListOrder = "newest_first"
        self.link_style: LinkStyle = "standard"
        self.link_host = "https://elsewhere.invalid"
        self.media_base: str | None = None
        """Start of the `media` URLs; None: this server."""
        self.saving_has_media = False
        self.milliseconds = True
        self.limits_rate = False
        """One request per second for each of /recordings, /calls and /media."""
        self.sends_rate_limit_reset = True
        self.deleted_media: set[str] = set()

    @property
    def settings(self) -> dict[str, Any]:
        """Return the fields of the form that reaches this account."""
        return {
            "url": self.url,
            "user_id": self.user_id,
            "api_token": self.api_token,
            "api_secret": self.api_secret,
            "verify_ssl": not self.is_self_signed,
        }

    def directory_number(self, line: Line) -> str:
        """Return the line's phone number: Catapult has no extensions."""
        return line.phone_number

    def id_of(self, recording: Recording) -> str:
        """Return a recording's id."""
        return bandwidth_id(self.office.seed, "r", recording.number)

    def call_id(self, call: Call) -> str:
        """Return a call's id."""
        return bandwidth_id(self.office.seed, "c", call.number)

    def media_name(self, recording: Recording) -> str:
        """Return "{callId}-1.wav" (getRecordings.md, example)."""
        call = self.call_id(recording.call)
        return f"{call}-{recording.sequence}.{recording.file_format}"

    def audio_of(self, recording: Recording) -> Audio:
        """Return a complete recording's audio."""
        seconds = recording.recorded_time(self.office.now).total_seconds()
        kind = Mp3 if recording.file_format == "mp3" else Wav
        return kind(self.media_name(recording), seconds)

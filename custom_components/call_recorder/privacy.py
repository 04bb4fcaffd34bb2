"""What the option "Mask phone numbers" hides: all but the last digits of numbers.

Masked by what a text is, not by its field: a recorder may give a number as a name, and
a remote number as the local one while the direction is not known.
"""

from dataclasses import replace

from .api.models import ActiveRecording, Direction, LocalParty, Recording, RemoteParty
from .api.numbers import mask_numbers


def mask_text(text: str | None) -> str | None:
    """Return a name or number in which numbers are masked."""
    return None if text is None else mask_numbers(text)


def mask_parties(
    direction: Direction | None, local: LocalParty, remote: RemoteParty
) -> tuple[LocalParty, RemoteParty]:
    """Return the parties of a call with masked numbers."""
    if direction in (None, Direction.UNKNOWN):
        local = LocalParty(
            username=mask_text(local.username), number=mask_text(local.number)
        )
    return local, RemoteParty(
        first_name=mask_text(remote.first_name),
        last_name=mask_text(remote.last_name),
        phone_number=mask_text(remote.phone_number),
    )


def mask_active(recording: ActiveRecording) -> ActiveRecording:
    """Return an active recording with masked numbers."""
    local, remote = mask_parties(
        recording.direction, recording.local_party, recording.remote_party
    )
    return replace(recording, local_party=local, remote_party=remote)


def mask_recording(recording: Recording) -> Recording:
    """Return a finished recording with masked numbers."""
    is_local_known = recording.direction not in (None, Direction.UNKNOWN)
    return replace(
        recording,
        local_name=mask_text(recording.local_name),
        local_number=recording.local_number
        if is_local_known
        else mask_text(recording.local_number),
        remote_name=mask_text(recording.remote_name),
        remote_number=mask_text(recording.remote_number),
    )

"""How the active recordings of two answers differ: worked out once, for all."""

from collections.abc import Mapping
from dataclasses import dataclass

from .api.models import ActiveRecording


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveChanges:
    """What became of the active recordings since the answer before."""

    started: tuple[ActiveRecording, ...] = ()
    changed: tuple[tuple[ActiveRecording, ActiveRecording], ...] = ()
    """Those that look different: as they were, and as they are."""
    ended: tuple[ActiveRecording, ...] = ()


def compare(
    before: Mapping[str, ActiveRecording], after: Mapping[str, ActiveRecording]
) -> ActiveChanges:
    """Compare the active recordings of two answers; the keys are their ids."""
    started, changed = [], []
    for recording_id, recording in after.items():
        earlier = before.get(recording_id)
        if earlier is None:
            started.append(recording)
        elif earlier is not recording and earlier != recording:
            changed.append((earlier, recording))
    return ActiveChanges(
        started=tuple(started),
        changed=tuple(changed),
        ended=tuple(
            recording
            for recording_id, recording in before.items()
            if recording_id not in after
        ),
    )

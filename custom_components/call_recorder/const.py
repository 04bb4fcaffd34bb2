"""Names that more than one module uses."""

from typing import Final

DOMAIN: Final = "call_recorder"

CONF_LISTENING: Final = "listening"
"""Who may search, read and hear the archive: a `rights.Listening`."""
CONF_MASK_NUMBERS: Final = "mask_numbers"
CONF_RECORDER: Final = "recorder"
"""Which of the recording systems the entry is about: a key of `RECORDERS`."""

EVENT_ACTIVITY: Final = f"{DOMAIN}_activity"
"""Fired for the activity log when something happens to a recording."""
EVENT_PLAYED: Final = f"{DOMAIN}_played"
"""Fired when a person starts to listen to a recording; part of the public surface."""

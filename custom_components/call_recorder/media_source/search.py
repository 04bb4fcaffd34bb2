"""Which recordings a typed text means."""

from dataclasses import dataclass
from typing import Final

from ..api.models import Direction, Recording
from ..api.numbers import digits, ends_with, is_number, mask_numbers

_SHOWN_DIGITS: Final = 3
"""How many digits of a masked number are shown."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A name, a number, a reference number, or a part of one of them."""

    text: str
    """In small letters."""
    number: str | None
    """The text where it is written like a number."""
    masks: bool
    """Whether numbers are masked: then a search must not reveal hidden digits."""

    @classmethod
    def parse(cls, text: str, *, masks: bool) -> Wanted:
        """Read what a person has typed."""
        number = text if is_number(text) and len(text) > 1 else None
        return cls(text.casefold(), number, masks)

    def fits(self, recording: Recording) -> bool:
        """Return whether a recording is meant."""
        return self._has_number(recording) or self._has_text(recording)

    def _has_number(self, recording: Recording) -> bool:
        """Return whether the number is that of a party, or its last digits.

        Where numbers are masked, at least the hidden digits have to be given: with
        fewer, a number could be found out digit by digit.
        """
        if self.number is None:
            return False
        is_local_known = recording.direction not in (None, Direction.UNKNOWN)
        for number, is_local in (
            (recording.local_number, is_local_known),
            (recording.remote_number, False),
        ):
            if ends_with(number, self.number) and (
                is_local
                or not self.masks
                or len(digits(self.number)) >= len(digits(number or "")) - _SHOWN_DIGITS
            ):
                return True
        return False

    def _has_text(self, recording: Recording) -> bool:
        """Return whether the text is part of what is known in words."""
        if self.text in (recording.reference_number or "").casefold():
            return True
        facts = (
            recording.remote_name,
            recording.local_name,
            recording.owner.username if recording.owner else None,
            recording.owner.full_name if recording.owner else None,
            recording.note.text if recording.note else None,
        )
        return any(
            self.text in (mask_numbers(fact) if self.masks else fact).casefold()
            for fact in facts
            if fact
        )

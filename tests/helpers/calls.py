"""Calls in the simulated office."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory

from simulator.calls import Recording
from simulator.office import Office


def record(office: Office, freezer: FrozenDateTimeFactory, seconds: float) -> Recording:
    """Record a call of some seconds, from now on; return its recording."""
    call = office.connect("101")
    recording = office.start_recording(call)
    freezer.tick(timedelta(seconds=seconds))
    office.hang_up(call)
    return recording

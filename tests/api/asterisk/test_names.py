"""What file names show, and how ours are made."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from custom_components.call_recorder.api.asterisk.names import (
    NameFacts,
    archive_name,
    make_path,
    parse_name,
    recording_id,
)
from custom_components.call_recorder.api.models import Direction

_START = datetime(2026, 11, 28, 8, 21, 17, tzinfo=UTC)
_STAMP = "20261128-092117-1795854077.2"


@pytest.mark.parametrize(
    ("name", "direction", "local", "remote"),
    [
        (f"in-1002-+15550100-{_STAMP}", Direction.INCOMING, "1002", "+15550100"),
        (f"q-600-+15550100-{_STAMP}", Direction.INCOMING, "600", "+15550100"),
        (f"out-+15550100-1002-{_STAMP}", Direction.OUTGOING, "1002", "+15550100"),
        (f"internal-1003-1002-{_STAMP}", Direction.INTERNAL, "1002", "1003"),
        (f"ondemand-+15550100-1002-{_STAMP}", Direction.UNKNOWN, "1002", "+15550100"),
        (f"force-1002-unknown-{_STAMP}", Direction.UNKNOWN, "1002", "unknown"),
        (f"in-10-02-+15550100-{_STAMP}", Direction.INCOMING, "10-02", "+15550100"),
        (f"in-1002--{_STAMP}", Direction.INCOMING, "1002", None),
    ],
)
def test_freepbx_names(
    name: str, direction: Direction, local: str, remote: str | None
) -> None:
    """Test the kinds of FreePBX; the second of the call needs no time zone."""
    assert parse_name(f"monitor/2026/11/28/{name}") == NameFacts(
        started_at=_START,
        direction=direction,
        local_number=local,
        remote_number=remote,
        call_id="1795854077.2",
    )


def test_name_of_a_named_system() -> None:
    """Test a Uniqueid that starts with the system's name (`systemname`)."""
    facts = parse_name("in-1002-+15550100-20261128-092117-pbx1-1795854077.2")
    assert (facts.started_at, facts.call_id) == (_START, "pbx1-1795854077.2")


@pytest.mark.parametrize("name", ["", "call", "monitor/in-1002", "2026-11-28-noon"])
def test_other_names(name: str) -> None:
    """Test that nothing is guessed of other names."""
    assert parse_name(name) == NameFacts()


def test_own_name_is_understood() -> None:
    """Test that our own names show what FreePBX's do, whatever the parties are called."""
    path = make_path(
        "/spool/recording/monitor/",
        local="10-02",
        remote="../+1555 0100",
        unique_id="1795854077.2",
        now=_START,
        time_zone=ZoneInfo("Europe/Berlin"),
    )
    assert (
        path == f"/spool/recording/monitor/2026/11/28/ondemand-+15550100-1002-{_STAMP}"
    )
    facts = parse_name(archive_name(path, "/spool"))
    assert (facts.local_number, facts.remote_number) == ("1002", "+15550100")


@pytest.mark.parametrize(
    ("path", "spool", "name"),
    [
        ("/spool/recording/monitor/a", "/spool", "monitor/a"),
        ("/spool/recording/monitor/a", None, "monitor/a"),
        ("/media/recording/spool/recording/a", "/media/recording/spool", "a"),
        ("/spool/monitor/a", "/spool", "/spool/monitor/a"),
    ],
)
def test_archive_name(path: str, spool: str | None, name: str) -> None:
    """Test how ARI calls a file; one that is elsewhere keeps its path."""
    assert archive_name(path, spool) == name


def test_an_id_tells_nothing() -> None:
    """Test that an id has no number of the name."""
    name = f"monitor/in-1002-+15550100-{_STAMP}"
    assert "5550100" not in recording_id(name)
    assert recording_id(name) != recording_id(f"{name}0")


def test_names_of_files_fit_to_be_shown() -> None:
    """Test a file that was named by a caller."""
    facts = parse_name(f"in-10\x1e02-{'+15550100' * 100}-{_STAMP}")
    assert facts.local_number == "10\ufffd02"
    assert len(facts.remote_number or "") == 500

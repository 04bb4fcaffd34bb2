"""What rows of CoreShowChannels tell of channels, and channels of the calls they make up."""

import pytest

from custom_components.call_recorder.api.asterisk.channels import (
    Call,
    Channel,
    join_calls,
)
from custom_components.call_recorder.api.asterisk.wire import Message


def _channel(name: str, number: str = "<unknown>") -> Channel:
    """Return a channel of a name and a caller's number."""
    fields = (("Channel", name), ("Uniqueid", "1795854077.2"), ("CallerIDNum", number))
    channel = Channel.parse(Message(fields))
    assert channel is not None
    return channel


@pytest.mark.parametrize(
    ("name", "number", "extension"),
    [
        ("PJSIP/1002-00000003", "+15550100", "1002"),
        ("SIP/1002-0000001a", "1002", "1002"),
        ("IAX2/1002-123", "1002", "1002"),
        ("PJSIP/trunk-00000002", "+15550100", None),
        ("PJSIP/4930123456-00000002", "+15550100", None),
        ("PJSIP/4930123456-00000002", "4930123456", "4930123456"),
        ("Local/1002@from-queue-00000001;1", "1002", None),
        ("nonsense", "1002", None),
    ],
)
def test_extension(name: str, number: str, extension: str | None) -> None:
    """Test which channels are an extension's leg."""
    assert _channel(name, number).extension == extension


def test_named_phone() -> None:
    """Test that a phone with a name is found by it, but is no extension."""
    channel = _channel("PJSIP/Reception-00000003", "1002")
    assert channel.extension is None
    assert channel.is_of("reception")
    assert not channel.is_of("1002")


def test_row_without_a_name() -> None:
    """Test that a row that names no channel is left out."""
    assert Channel.parse(Message((("Uniqueid", "1795854077.2"),))) is None


def test_texts_fit_to_be_shown() -> None:
    """Test that what callers call themselves cannot break what is written of it."""
    channel = Channel.parse(
        Message(
            (
                ("Channel", "PJSIP/1002-00000001"),
                ("Uniqueid", "1795854077.2"),
                ("Linkedid", "17958\x1e54077.2"),
                ("CallerIDNum", "+1555\x000100"),
                ("CallerIDName", f"Ann\x1b[31m\u0085{'x' * 60_000}"),
            )
        )
    )
    assert channel is not None
    assert channel.call_id == "1795854077.2"
    assert channel.caller_number == "+1555\ufffd0100"
    assert channel.caller_name is not None
    assert channel.caller_name.startswith("Ann\ufffd[31m x")
    assert len(channel.caller_name) == 500


@pytest.mark.parametrize("name", ["", "PJSIP/1002\x1e-00000001", "P" * 600])
def test_channels_that_no_command_could_name(name: str) -> None:
    """Test that such a row costs itself only."""
    row = Message((("Channel", name), ("Uniqueid", "1795854077.2")))
    assert Channel.parse(row) is None


def _dialed_by_the_pbx(trunk_state: str, bridge: str) -> Call:
    """Return a call that a program makes: 1001 has answered, the other is called then."""
    legs = (
        ("Local/1001@office-00000001;1", "Up", bridge),
        ("Local/1001@office-00000001;2", "Up", "b2"),
        ("PJSIP/1001-00000002", "Up", "b2"),
        ("PJSIP/trunk-00000003", trunk_state, bridge),
    )
    channels = [
        Channel.parse(
            Message(
                (
                    ("Channel", name),
                    ("Uniqueid", f"1795854077.{number}"),
                    ("Linkedid", "1795854077.0"),
                    ("ChannelStateDesc", state),
                    ("BridgeId", joined),
                )
            )
        )
        for number, (name, state, joined) in enumerate(legs)
    ]
    (call,) = join_calls(filter(None, channels)).values()
    return call


def test_key_that_comes_twice() -> None:
    """Test that the first counts: what follows may be a caller's."""
    channel = Channel.parse(
        Message(
            (
                ("Channel", "PJSIP/1002-00000001"),
                ("Uniqueid", "1795854077.2"),
                ("ChannelStateDesc", "Ring"),
                ("ChannelStateDesc", "Up"),
                ("Channel", "PJSIP/1003-00000001"),
            )
        )
    )
    assert channel is not None
    assert (channel.extension, channel.is_up) == ("1002", False)


@pytest.mark.parametrize(
    ("state", "bridge", "counts"),
    [("Ringing", "b1", False), ("Up", "", False), ("Up", "b1", True)],
)
def test_call_that_the_pbx_dials(state: str, bridge: str, counts: bool) -> None:
    """Test that its recording counts once two talk, and that no direction is guessed."""
    call = _dialed_by_the_pbx(state, bridge)
    assert call.is_connected is counts
    assert call.counts(call.channels[1]) is counts
    assert call.direction is None
    assert call.extensions == ["1001"]
    assert call.names == ({"1001", "trunk"} if counts else {"1001"})

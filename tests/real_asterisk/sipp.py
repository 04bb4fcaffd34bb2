"""Calls by SIPp, with audio: one process for the phones that answer, one for each caller."""

import contextlib
from pathlib import Path
import signal
import subprocess
from typing import Final

from .tones import ANSWERING, CALLER, make_tone

_LONGEST: Final = 10 * 60 * 1000
"""Milliseconds after which a caller that was forgotten hangs up."""
_LONGEST_RUN: Final = "86400s"
"""After which a SIPp ends that was left behind; a demo may last for hours."""

_SDP: Final = """v=0
o=- 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000"""
_IN_DIALOG: Final = """Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: "{name}" <sip:{number}@[local_ip]>;tag=[pid]x[call_number]
To: <sip:{called}@[remote_ip]>[peer_tag_param]
Call-ID: [call_id]
Contact: <sip:{number}@[local_ip]:[local_port]>
Max-Forwards: 70"""
_CALLER: Final = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="caller">
<send retrans="500"><![CDATA[
INVITE sip:{called}@[remote_ip]:[remote_port] SIP/2.0
{headers}
CSeq: 1 INVITE
Content-Type: application/sdp
Content-Length: [len]

{sdp}
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="183" optional="true"/>
<recv response="200" rrs="true"/>
<send><![CDATA[
ACK sip:{called}@[remote_ip]:[remote_port] SIP/2.0
{headers}
CSeq: 1 ACK
Content-Length: 0

]]></send>
<nop><action><exec rtp_stream="{tone},-1,0"/></action></nop>
{then}
<pause milliseconds="{longest}"/>
<send retrans="500"><![CDATA[
BYE sip:{called}@[remote_ip]:[remote_port] SIP/2.0
{headers}
CSeq: 90 BYE
Content-Length: 0

]]></send>
<recv response="200"/>
</scenario>
"""
_DIGIT: Final = """<pause milliseconds="300"/>
<send retrans="500"><![CDATA[
INFO sip:{called}@[remote_ip]:[remote_port] SIP/2.0
{headers}
CSeq: {sequence} INFO
Content-Type: application/dtmf-relay
Content-Length: [len]

Signal={digit}
Duration=100
]]></send>
<recv response="200"/>
"""
_ANSWERING: Final = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="answering">
<recv request="INVITE"/>
<send><![CDATA[
SIP/2.0 180 Ringing
[last_Via:]
[last_From:]
[last_To:];tag=[pid]x[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
Content-Length: 0

]]></send>
<send retrans="500"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[pid]x[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

{sdp}
]]></send>
<recv request="ACK"/>
<nop><action><exec rtp_stream="{tone},-1,0"/></action></nop>
<recv request="BYE"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""


class Phones:
    """Phones around the server, each a SIPp of its own; all end with `close`."""

    def __init__(self, sipp: Path, folder: Path, server_port: int) -> None:
        """Write the tones that the phones send."""
        self._sipp = sipp
        self._folder = folder
        self._server_port = server_port
        self._processes: list[subprocess.Popen[bytes]] = []
        for name, frequency in (("caller", CALLER), ("answering", ANSWERING)):
            (folder / f"{name}.ul").write_bytes(make_tone(frequency))

    def answer(self, port: int, rtp: int) -> None:
        """Answer every call to a port at once, and send a tone until it ends."""
        scenario = self._folder / "answering.xml"
        scenario.write_text(
            _ANSWERING.format(sdp=_SDP, tone=self._folder / "answering.ul")
        )
        self._run(scenario, "127.0.0.1", port, rtp)

    def call(
        self,
        called: str,
        *,
        port: int,
        rtp: int,
        number: str,
        name: str = "",
        address: str = "127.0.0.1",
        digits: str = "",
        calls: int = 1,
    ) -> subprocess.Popen[bytes]:
        """Call from a port, send a tone once connected, then press digits.

        `address` is a loopback address: the server knows its trunk by it.
        """
        fields = {"called": called, "number": number, "name": name}
        fields["headers"] = _IN_DIALOG.format(**fields)
        scenario = self._folder / f"caller-{port}.xml"
        scenario.write_text(
            _CALLER.format(
                **fields,
                sdp=_SDP,
                tone=self._folder / "caller.ul",
                longest=_LONGEST,
                then="".join(
                    _DIGIT.format(**fields, sequence=sequence, digit=digit)
                    for sequence, digit in enumerate(digits, start=2)
                ),
            )
        )
        return self._run(
            scenario,
            address,
            port,
            rtp,
            *("-m", str(calls), "-l", str(calls), "-r", "50"),
            f"127.0.0.1:{self._server_port}",
        )

    def hang_up(self, phone: subprocess.Popen[bytes]) -> None:
        """End a caller's calls with a BYE, or a CANCEL while it rings.

        SIPp 3.6 (of Debian bullseye) goes without a word.
        """
        for _ in range(2):
            phone.send_signal(signal.SIGUSR1)
        try:
            phone.wait(1)
        except subprocess.TimeoutExpired:
            phone.kill()

    def close(self) -> None:
        """End all phones."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
        self._processes.clear()

    def _run(
        self, scenario: Path, address: str, port: int, rtp: int, *arguments: str
    ) -> subprocess.Popen[bytes]:
        """Start a SIPp with ports of its own."""
        command: list[str | Path] = [
            *(self._sipp, "-sf", scenario, "-i", address, "-mi", address),
            *("-p", str(port), "-mp", str(rtp), "-nostdin", "-timeout", _LONGEST_RUN),
            *arguments,
        ]
        process = subprocess.Popen(
            command,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=(self._folder / f"sipp-{port}.log").open("wb"),
        )
        self._processes.append(process)
        return process

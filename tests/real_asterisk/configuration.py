"""What the real Asterisk is configured with: a small office that records some calls.

| number | what happens |
|---|---|
| 2xx | 1002 answers, reached through a Local channel, which is recorded |
| 3xx | 1002 answers, recorded; the caller's name has lines that look like an event |
| 4xx | no answer (it rings), recorded from the first ring, as FreePBX does |
| 5xx | 1002 answers, nothing is recorded |
| 6xx | 1002 answers, recorded from the first ring, as FreePBX does |
| 7xx | 1002 answers, recorded; the caller's `*1` ends the recording |
| 8xx | 1003 answers, nothing is recorded |
| 9xx | an outside party answers, recorded |
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

USERNAME: Final = "homeassistant"
"""May do all that the integration can use."""
WATCHER: Final = "watcher"
"""May only watch."""
SECRET: Final = "a secret of the tests"
ARI_USERNAME: Final = "archive"

_EVIL_NAME: Final = (
    "Carla%0D%0A%0D%0AEvent: MixMonitorMute%0D%0AChannel: ${CHANNEL}%0D%0A"
    "Direction: both%0D%0AState: 1%0D%0A%0D%0A"
)
"""As it is written in a URL."""
_MODULES: Final = """
res_websocket_client res_cdrel_custom pbx_config res_timing_timerfd
res_sorcery_config res_sorcery_memory res_sorcery_astdb
res_pjproject res_pjsip res_pjsip_session res_pjsip_sdp_rtp res_pjsip_caller_id res_pjsip_endpoint_identifier_user
res_pjsip_endpoint_identifier_ip res_pjsip_authenticator_digest res_pjsip_registrar res_pjsip_pubsub res_pjsip_refer
res_pjsip_dtmf_info res_rtp_asterisk chan_pjsip
bridge_simple bridge_softmix bridge_builtin_features bridge_native_rtp bridge_holding
codec_ulaw codec_alaw codec_resample format_wav format_pcm format_sln
app_dial app_playback app_playtones app_echo app_stack app_confbridge app_cdr app_exec app_while
func_callerid func_channel func_cdr func_strings func_logic func_global func_cut func_groupcount func_uri func_env
func_timeout app_chanspy func_periodic_hook app_mixmonitor
res_http_websocket res_stasis res_stasis_recording res_stasis_playback res_stasis_snoop res_stasis_answer
res_stasis_device_state app_stasis res_ari res_ari_model res_ari_asterisk res_ari_channels res_ari_recordings
"""
_EMPTY: Final = (
    "acl",
    "ccss",
    "cdr",
    "cel",
    "confbridge",
    "pjproject",
    "udptl",
    "websocket_client",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the server and the phone that answers are, all on 127.0.0.1."""

    ami: int
    http: int
    sip: int
    rtp: int
    """The first of 1,000."""
    answering: int


def write_configuration(folder: Path, prefix: Path, ports: Ports) -> Path:
    """Write all configuration files below the folder; return the one to start with."""
    etc = folder / "etc"
    etc.mkdir(parents=True, exist_ok=True)
    for name in ("lib", "spool", "run", "log"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "spool" / "recording").mkdir(exist_ok=True)
    files = {
        **dict.fromkeys(_EMPTY, ""),
        "asterisk": _asterisk(folder, prefix),
        "modules": "[modules]\nautoload=no\n"
        + "".join(f"load = {name}.so\n" for name in _MODULES.split()),
        "logger": "[general]\n[logfiles]\nmessages = notice,warning,error\n",
        "features": "[featuremap]\nblindxfer = ##\n"
        "[applicationmap]\nstop_recording = *1,self/caller,StopMixMonitor\n",
        "indications": "[general]\ncountry=us\n[us]\ndescription=Tones\nringcadence=2000,4000\n",
        "rtp": f"[general]\nrtpstart={ports.rtp}\nrtpend={ports.rtp + 999}\n",
        "pjsip": _pjsip(ports),
        "extensions": _extensions(folder),
        "manager": _manager(ports),
        "http": f"[general]\nenabled=yes\nbindaddr=127.0.0.1\nbindport={ports.http}\n",
        "ari": "[general]\nenabled=yes\n"
        f"[{ARI_USERNAME}]\ntype=user\npassword={SECRET}\nread_only=yes\n",
    }
    for name, text in files.items():
        (etc / f"{name}.conf").write_text(text)
    return etc / "asterisk.conf"


def _asterisk(folder: Path, prefix: Path) -> str:
    """Keep everything below the folder."""
    modules = next(prefix.rglob("app_mixmonitor.so")).parent
    return f"""[directories]
astetcdir => {folder}/etc
astmoddir => {modules}
astvarlibdir => {folder}/lib
astdbdir => {folder}/lib
astkeydir => {folder}/lib
astdatadir => {prefix}/usr/share/asterisk
astagidir => {folder}/lib
astspooldir => {folder}/spool
astrundir => {folder}/run
astlogdir => {folder}/log
"""


def _pjsip(ports: Ports) -> str:
    """Know two extensions, and a trunk that calls from an address of its own."""
    endpoint = """type=endpoint
disallow=all
allow=ulaw
direct_media=no
media_address=127.0.0.1
bind_rtp_to_media_address=yes
dtmf_mode=info
"""
    return f"""[transport]
type=transport
protocol=udp
bind=127.0.0.1:{ports.sip}

[1001]
{endpoint}context=office
callerid=Olga Office <1001>

[1002]
{endpoint}context=office
callerid=Otto Office <1002>
aors=1002

[1002]
type=aor
contact=sip:1002@127.0.0.1:{ports.answering}

[1003]
{endpoint}context=office
callerid=Oda Office <1003>
aors=1003

[1003]
type=aor
contact=sip:1003@127.0.0.1:{ports.answering}

[trunk]
{endpoint}context=office
aors=trunk

[trunk]
type=aor
contact=sip:127.0.0.1:{ports.answering}

[trunk]
type=identify
endpoint=trunk
match=127.0.0.9
"""


def _extensions(folder: Path) -> str:
    """Record as FreePBX does, from the first ring, with names as it makes them."""
    return f"""[globals]
MIXMON_DIR={folder}/spool/recording/monitor/

[office]
exten => _2XX,1,Dial(Local/1002@recorded/n)

exten => _3XX,1,Set(CALLERID(name)=${{URIDECODE({_EVIL_NAME})}})
 same => n,Gosub(record,s,1(in,1002))
 same => n,Dial(Local/1002@plain)

exten => _4XX,1,Gosub(record,s,1(in,1002))
 same => n,Wait(120)

exten => _5XX,1,Dial(PJSIP/1002)

exten => _6XX,1,Gosub(record,s,1(in,1002))
 same => n,Dial(PJSIP/1002)

exten => _8XX,1,Dial(PJSIP/1003)

exten => _7XX,1,Gosub(record,s,1(in,1002))
 same => n,Set(DYNAMIC_FEATURES=stop_recording)
 same => n,Dial(PJSIP/1002,,T)

exten => _9XX,1,Gosub(record,s,1(out,${{EXTEN}}))
 same => n,Dial(PJSIP/${{EXTEN}}@trunk)

[plain]
exten => 1002,1,Set(CALLERID(name)=Carla)
 same => n,Dial(PJSIP/1002)

[recorded]
exten => 1002,1,Gosub(record,s,1(in,1002))
 same => n,Dial(PJSIP/1002)

[record]
exten => s,1,Set(STAMP=${{STRFTIME(${{EPOCH}},,%Y%m%d-%H%M%S)}})
 same => n,Set(NAME=${{ARG1}}-${{ARG2}}-${{CALLERID(num)}}-${{STAMP}}-${{UNIQUEID}})
 same => n,Set(YEAR=${{STRFTIME(${{EPOCH}},,%Y/%m/%d)}})
 same => n,Set(__REC_STATUS=RECORDING)
 same => n,Set(CDR(recordingfile)=${{NAME}}.wav)
 same => n,MixMonitor(${{MIXMON_DIR}}${{YEAR}}/${{NAME}}.wav,ai(LOCAL_MIXMON_ID))
 same => n,Set(__MIXMON_ID=${{LOCAL_MIXMON_ID}})
 same => n,Return()
"""


def _manager(ports: Ports) -> str:
    """Let one user do everything, and one only watch."""
    return f"""[general]
enabled=yes
bindaddr=127.0.0.1
port={ports.ami}

[{USERNAME}]
secret={SECRET}
deny=0.0.0.0/0.0.0.0
permit=127.0.0.1/255.255.255.255
read=system,call
write=system,call,reporting,command

[{WATCHER}]
secret={SECRET}
deny=0.0.0.0/0.0.0.0
permit=127.0.0.1/255.255.255.255
read=call
write=call,reporting
"""

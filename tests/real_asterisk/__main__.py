"""Runs the server until Ctrl-C: `scripts/asterisk` starts this."""

from pathlib import Path
import signal
import sys
import tempfile

from .server import RealAsterisk


def main() -> None:
    """Start the server, say where it is, and wait."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with tempfile.TemporaryDirectory(prefix="asterisk-") as folder:
        server = RealAsterisk(Path(sys.argv[1]), Path(folder))
        server.start()
        try:
            for key, value in server.settings.items():
                print(f"{key}: {value}")
            print(f"SIP: 127.0.0.1:{server.ports.sip}, logs: {folder}/log", flush=True)
            signal.pause()
        except KeyboardInterrupt:
            pass
        finally:
            server.stop()


if __name__ == "__main__":
    main()

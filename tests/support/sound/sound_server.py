"""A real sound server whose null sink takes the place of a microphone, at the speed of a real clock."""

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from support.waiting import wait_until

START_SECONDS = 60.0


class SoundServer:
    """PulseAudio with one null sink, whose monitor ALSA shows as a device called `name`."""

    def __init__(self, name: str, *, rate_hz: int = 48_000, channels: int = 1) -> None:
        """Start nothing yet."""
        self.name = name
        # Not pytest's tmp_path, because the path of a Unix socket may have at most 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="tears-"))
        self._socket = self.folder / "socket"
        self._process: subprocess.Popen[bytes] | None = None
        (self.folder / "pulse.pa").write_text(
            f"load-module module-native-protocol-unix auth-anonymous=1 socket={self._socket}\n"
            f"load-module module-null-sink sink_name=mic rate={rate_hz} channels={channels} format=s16le\n"
        )
        self.device = (
            f'pcm.{name} {{ type pulse server "unix:{self._socket}" device "mic.monitor" '
            f'hint {{ show on description "{name}" }} }}\n'
        )

    def start(self) -> None:
        """Start the server; return when it answers."""
        assert self._process is None, "already started"
        self._socket.unlink(missing_ok=True)
        options = ["--daemonize=no", "--exit-idle-time=-1", "--disallow-exit", "--use-pid-file=no"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["pulseaudio", "-n", "-F", str(self.folder / "pulse.pa"), *options],  # noqa: S607 - found by PATH
                env=self._environ,
                stdout=log,
                stderr=log,
            )
        wait_until(self._answers, START_SECONDS, describe=(self.folder / "log").read_text)

    def play(self, path: Path) -> subprocess.Popen[bytes]:
        """Play a recording into the microphone; return at once."""
        return subprocess.Popen(["paplay", "-d", "mic", str(path)], env=self._environ)  # noqa: S607 - as above

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill the server, so that the device is gone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=START_SECONDS)
        self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _environ(self) -> dict[str, str]:
        home = str(self.folder)
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": home,
            "XDG_RUNTIME_DIR": home,
            "PULSE_SERVER": f"unix:{self._socket}",
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/dev/null",
        }

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text()
        info = subprocess.run(["pactl", "info"], env=self._environ, capture_output=True, check=False)  # noqa: S607
        return info.returncode == 0


def write_alsa_config(path: Path, *servers: SoundServer) -> Path:
    """Write a file for `ALSA_CONFIG_PATH` with the devices of some servers; the first one is the default."""
    path.write_text("</usr/share/alsa/alsa.conf>\n" + "".join(server.device for server in servers))
    return path

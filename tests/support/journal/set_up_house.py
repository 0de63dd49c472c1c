"""A house with one microphone whose pages are served, and the forms of its setup."""

import http
from pathlib import Path
from typing import Any

import numpy as np
import redis
from support.journal.served_pages import PageReply, ServedPages

from tears.journal.live.house_view import RoomsNow
from tears.journal.live.live_house import LiveHouse
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.setup.house_setup import HouseSetup
from tears.kit.clock import ManualClock, SystemClock
from tears.kit.messages import AudioChunk
from tears.kit.registry.mics import MicRecord
from tears.kit.streams import names

RATE_HZ = 16_000


class SetUpHouse:
    """The pages of a house with one microphone, and what lies in Redis of it."""

    def __init__(self, client: redis.Redis, folder: Path) -> None:
        self.client = client
        self.alerts_path = folder / "alerts.toml"
        # What was heard stays new, however long the machine takes.
        self.rooms = RoomsNow(ManualClock())
        live: Any = LiveHouse(rooms=self.rooms, sound=None, metrics=None)  # type: ignore[arg-type]  # not used here
        self.parts = JournalParts(
            settings=JournalSettings(port=0, page_listen="loopback", data=str(folder)),
            clock=SystemClock(),
            live=live,
            setup=HouseSetup(client, str(self.alerts_path), folder),
            redis=client,
        )

    def hear(self, clap_dbfs: float | None = None, mic: str = "nursery") -> None:
        """Let a microphone give six seconds, with a clap in them or none."""
        random = np.random.default_rng(1)
        samples = random.standard_normal((6 * RATE_HZ, 1)) * 32_768 * 10 ** (-60 / 20)
        if clap_dbfs is not None:
            samples[2 * RATE_HZ : 2 * RATE_HZ + 480] *= 10 ** ((clap_dbfs + 60) / 20)
        frames = samples.astype(np.int16)
        record = MicRecord(
            mic=mic, sample_rate_hz=RATE_HZ, channels=1, device="usb", session="s1", heartbeat_seconds=1.0
        )
        self.rooms.registered({mic: record}, {})
        for second in range(6):
            chunk = AudioChunk(
                mic=mic,
                session="s1",
                first_sample=second * RATE_HZ,
                sample_rate_hz=RATE_HZ,
                channels=1,
                pcm=frames[second * RATE_HZ : (second + 1) * RATE_HZ].tobytes(),
                captured_at_seconds=1.8e9 + second,
            )
            self.client.xadd(names.chunks(mic), {names.BODY: chunk.encode()})
            self.rooms.heard(mic, chunk)


def add(pages: ServedPages, name: str, url: str, **fields: str) -> PageReply:
    """Send the form of a new receiver, and return the page to which it leads."""
    reply = send_form(pages, "/setup/receivers/form", {"name": name, "way": "url", "url": url, **fields})
    return pages.follow(reply) if reply.status == http.HTTPStatus.SEE_OTHER else reply


def send_form(pages: ServedPages, path: str, fields: dict[str, str], form_at: str = "") -> PageReply:
    """Send a form with the hidden fields of its page."""
    page = pages.get(form_at or path).text
    hidden = {name: value_of(page, name) for name in ("seen",) if f'name="{name}"' in page}
    return pages.post(path, {**hidden, **fields}, form_at=form_at or path)


def value_of(page: str, name: str) -> str:
    """Return the value of a hidden field of a page."""
    return page.partition(f'name="{name}" value="')[2].partition('"')[0]

"""Twenty pages that look and listen: the memory of the journal stays as it is.

LISTEN_SECONDS=600 makes it ten minutes; PYTEST_FLAGS="--log-cli-level=INFO --timeout 900" shows the figures.
"""

import logging
import os
import time

from support.journal.journal_process import JournalProcess, PublishedRoom
from support.journal.many_clients import ManyClients
from support.processes.memory import cpu_seconds, pss_mib
from support.waiting import wait_until

logger = logging.getLogger(__name__)

SECONDS = float(os.environ.get("LISTEN_SECONDS", "20"))
CLIENTS = 20
# The kernel gives memory to a process in pages, and Python keeps some that it has used.
MOST_GROWTH_MIB = 4.0
# 64 kbit/s.
SOUND_BYTES_PER_SECOND = 8_000


def test_the_memory_stays_as_it_is_with_twenty_clients_and_one_that_sleeps(
    journal: JournalProcess, room: PublishedRoom
) -> None:
    sound, events = f"/live/{room.mic}/sound.mp3", "/live/events"
    address = journal.address
    wait_until(lambda: journal.metric("tears_journal_listeners") == 0 and len(room.pieces) > 3, describe="sound")
    idle_mib = pss_mib(journal.pid)
    with ManyClients(address, [sound] * CLIENTS + [events] * CLIENTS, asleep=[sound, events]) as many:
        wait_until(lambda: journal.metric("tears_journal_listeners") == CLIENTS + 1, describe="listeners")
        wait_until(lambda: all(one.received_bytes > 10_000 for one in many.clients), describe="sound and events")
        before_mib, used_before, began_at = pss_mib(journal.pid), cpu_seconds(journal.pid), time.monotonic()
        heard_before = [one.received_bytes for one in many.clients]
        made_before = len(room.pieces)
        wait_until(lambda: len(room.pieces) - made_before >= SECONDS, SECONDS + 60, describe="time", look_seconds=0.5)
        after_mib = pss_mib(journal.pid)
        share = (cpu_seconds(journal.pid) - used_before) / (time.monotonic() - began_at)
        grown = [one.received_bytes - before for one, before in zip(many.clients, heard_before, strict=True)]
    logger.info(
        "PSS %.1f MiB idle, %.1f with %d clients, %.1f after %.0f s; %.1f %% of a core",
        idle_mib,
        before_mib,
        CLIENTS,
        after_mib,
        SECONDS,
        share * 100,
    )
    assert all(one.is_open for one in many.clients)
    # Nobody was left behind.
    assert min(grown[:CLIENTS]) > 0.8 * SOUND_BYTES_PER_SECOND * SECONDS
    assert after_mib - before_mib < MOST_GROWTH_MIB
    wait_until(lambda: journal.metric("tears_journal_listeners") == 0, describe="nobody who listens")
    wait_until(lambda: journal.metric("tears_journal_watchers") == 0, describe="nobody who looks")

"""Cut clip after clip until somebody kills this process: `python endless_clips.py DATA_FOLDER REDIS_URL`.

Each clip goes through the whole life of one: cut, shown, replaced by a longer one, labelled. Every label that is on the
disk is printed.
"""

import itertools
import sys
from pathlib import Path

import redis
from integration.journal.clips.clip_house import ClipHouse
from support.sound.chunks import WALL_SECONDS

from tears.journal.history import Verdict
from tears.kit.redis_client import connect


def cut_for_ever(house: ClipHouse, first: int) -> None:
    """Cut clips named `c<number>`, from a number on."""
    for number in itertools.count(first):
        name = f"c{number}"
        house.cut(house.cries(name, 30, None))
        house.cutter.close()
        house.store.spectrogram(name)
        house.cut(house.cries(name, 30, 80))
        at = WALL_SECONDS + 30
        house.history.label("nursery", at, at + 20, Verdict.CRYING, made_by="parent", episode_id=name)
        print(name, flush=True)  # noqa: T201 - the test reads it


def main(data: Path, client: redis.Redis) -> None:
    """Continue after what an earlier process has done."""
    house = ClipHouse(client, data)
    client.delete("tears:chunks:nursery")
    house.hear(0, 60)
    numbers = [int(path.stem[1:]) for path in data.glob("clips/*/*/c*.flac")]
    print("ready", flush=True)  # noqa: T201 - the test reads it
    cut_for_ever(house, max(numbers, default=0) + 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), connect(sys.argv[2]))

"""`python -m tears.samples`: write a nursery scene and its truth."""

import argparse
import sys
from pathlib import Path

from tears.samples.errors import SamplesError
from tears.samples.room import NURSERY_ROOMS
from tears.samples.scene import compose_scene, demo_scene
from tears.samples.scene_files import write_scene


def main() -> int:
    """Compose what the command line asks for, or the demo's scene if it gives no seed; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tears.samples", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write to")
    parser.add_argument("--seed", type=int, help="compose another scene than the demo's")
    parser.add_argument("--minutes", type=float, help="with --seed: the scene's length (4)")
    parser.add_argument("--room", choices=[room.name for room in NURSERY_ROOMS], help="with --seed: the room's noise")
    parser.add_argument("--name", help="the files' stem (nursery, with --seed nursery-<seed>)")
    parser.add_argument("--suffix", choices=[".flac", ".wav"], default=".flac", help="the recording's format (.flac)")
    arguments = parser.parse_args()
    if arguments.seed is None and (arguments.minutes is not None or arguments.room is not None):
        parser.error("--minutes and --room go with --seed")
    try:
        if arguments.seed is None:
            scene = demo_scene()
            name = arguments.name or "nursery"
        else:
            scene = compose_scene(arguments.seed, minutes=arguments.minutes or 4.0, room=arguments.room)
            name = arguments.name or f"nursery-{arguments.seed}"
        path = write_scene(scene, arguments.out, name, suffix=arguments.suffix)
    except SamplesError as error:
        sys.stderr.write(f"tears.samples: {error}\n")
        return 1
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

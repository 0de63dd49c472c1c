"""Hold a lesson and print what comes of it: `python -m tears.journal.teaching.lesson_program`.

It is a program of its own, so that numpy's matrices and gRPC leave with it, and a lesson can be ended at any time. Each
line that it prints is a JSON object: `{"done": 3, "total": 80}`, and at last `{"lesson": {...}}` or
`{"error": "why and what to do"}`.
"""

import argparse
import dataclasses
import json
import os
from pathlib import Path
from typing import Any

from tears.journal.errors import JournalError
from tears.journal.teaching.served_features import open_features
from tears.own_data.errors import OwnDataError
from tears.own_data.teaching.course import newest_teachable, teach_home

LESSON_ANSWER_SECONDS = 10.0
_NICER = 10


def main() -> None:
    """Teach, and print one line for each step."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--threshold", type=float, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--listened-again", action="store_true")
    options = parser.parse_args()
    # Everything that listens comes first.
    os.nice(_NICER)
    try:
        with open_features(options.server, LESSON_ANSWER_SECONDS) as ask:
            lesson, note = teach_home(
                options.clips,
                newest_teachable(options.models),
                ask,
                options.threshold,
                options.out,
                has_listened_again=options.listened_again,
                progress=lambda done, total: _print({"done": done, "total": total}),
            )
    except (OwnDataError, JournalError, OSError) as error:
        _print({"error": str(error)})
        return
    found = dataclasses.asdict(dataclasses.replace(lesson, head=None))
    del found["head"]
    _print({"lesson": found | {"base_sha256": note.base_sha256 if note else ""}})


def _print(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)  # noqa: T201 - the parent process reads it


if __name__ == "__main__":
    main()

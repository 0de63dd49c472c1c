"""Make the passwords of a house: `python -m tears.kit.access FOLDER`, or `python -m tears.kit.access --cluster`."""

import sys
from pathlib import Path

from tears.kit.access.cluster_keys import SecretStore, make_cluster_keys
from tears.kit.access.house_keys import make_house_keys

_CLUSTER = "--cluster"


def main() -> int:
    """Make what is missing; print Grafana's password when it is made."""
    words = sys.argv[1:]
    if len(words) != 1:
        print(f"usage: python -m tears.kit.access FOLDER | {_CLUSTER}", file=sys.stderr)  # noqa: T201 - a command
        return 2
    try:
        if words == [_CLUSTER]:
            make_cluster_keys(SecretStore(), "tears", "tears-microphone")
        elif password := make_house_keys(Path(words[0]), "redis"):
            print(f"Grafana: log in as admin with the password {password}", flush=True)  # noqa: T201 - a command
    except OSError as error:
        print(f"tears.kit.access: the passwords cannot be made: {error}", file=sys.stderr)  # noqa: T201 - a command
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Load the steps that must happen together or not at all: `.lua` files that Redis runs.

Each file begins with `#!lua`. Redis then refuses the script before its first command where memory is full; without that
line, a script whose first command needs no memory (an acknowledgement) runs and writes beyond the limit. A script
that frees memory, needs none, or lets others free it, begins with `#!lua flags=allow-oom`, because it makes room.

A script that fails half way keeps what it has changed. So each of them checks everything that may fail (the type of a
key, the rights of the user) before its first change.
"""

from importlib import resources

import redis
from redis.commands.core import Script


def load_script(client: redis.Redis, package: str, name: str, *, allow_oom: bool = False) -> Script:
    """Return the script in the file `NAME.lua` of a package, to be called with `keys` and `args`.

    Redis gets the script with the first call, and again after it has lost it. With `allow_oom` the script runs in a
    full Redis too, although the file does not say so.
    """
    source = resources.files(package).joinpath(f"{name}.lua").read_text(encoding="utf-8")
    if allow_oom:
        source = source.replace("#!lua\n", "#!lua flags=allow-oom\n", 1)
    return client.register_script(source)

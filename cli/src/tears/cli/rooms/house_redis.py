"""The Redis of the pipeline that a command about rooms is for."""

from collections.abc import Callable
from typing import Final

import click

from tears.cli.errors import InputError
from tears.cli.places.running_pipelines import running_redis_urls
from tears.cli.places.usual_redis import has_microphones

redis_option: Final[Callable[..., Callable[..., None]]] = click.option(
    "--redis",
    "redis_url",
    envvar="TEARS_REDIS_URL",
    help="The Redis of the pipeline.  [default: TEARS_REDIS_URL, else that of the running ./tears up, else "
    "--usual-redis]",
)


def found_redis_url(usual_url: str) -> str:
    """Return the URL of the pipeline of this machine; raise InputError if there is none, or more than one."""
    urls = running_redis_urls()
    # No recorder need run there: that of a room to retire was stopped.
    if not urls and has_microphones(usual_url):
        return usual_url
    if len(urls) != 1:
        found = "no ./tears up is running here" if not urls else f"{len(urls)} of ./tears up are running here"
        raise InputError(f"{found}; name the Redis of the pipeline with --redis or TEARS_REDIS_URL")
    return urls[0]

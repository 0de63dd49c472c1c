"""Find the Redis of the pipeline to record, if no option names one."""

import threading

from rich.console import Console
from rich.text import Text

from tears.cli.errors import InputError
from tears.cli.places.running_pipelines import running_redis_urls
from tears.cli.places.usual_redis import has_recorder
from tears.kit.secrets_in_text import without_passwords

_LOOK_SECONDS = 0.5


def wait_for_pipeline(stop: threading.Event, console: Console, usual_url: str) -> str | None:
    """Block until a pipeline listens on this machine; return the URL of its Redis, or None if `stop` was set before.

    Without a pipeline that says that it runs, it is `usual_url`, as soon as a recorder is there.

    Raises:
        InputError: There are several, and somebody has to choose.
    """
    has_said = False
    while not stop.is_set():
        urls = running_redis_urls()
        if len(urls) > 1:
            shown = " or ".join(map(without_passwords, urls))
            raise InputError(f"{len(urls)} pipelines run here; name the Redis of one with --redis: {shown}")
        if urls:
            return urls[0]
        if has_recorder(usual_url):
            return usual_url
        if not has_said:
            has_said = True
            words = (
                "nothing listens on this machine yet: start `./tears up` in another terminal, or name a Redis: --redis"
            )
            console.print(Text(words, "yellow"), soft_wrap=True)
        stop.wait(_LOOK_SECONDS)
    return None


def is_running(url: str, usual_url: str) -> bool:
    """Return whether to go on with the pipeline that was found.

    The one at `usual_url` does not say when it ends, so it is left when another one says that it runs.
    """
    urls = running_redis_urls()
    return url in urls or (url == usual_url and not urls)

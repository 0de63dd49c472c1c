"""Files for Apprise, and which services take them."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from tears.alerter.notices.notice import Attachment

# Apprise sends these services pictures only. It leaves any other file out and reports that all went well.
_SERVICES_FOR_PICTURES = frozenset(
    f"Notify{name}" for name in ("BlueSky", "Dot", "GroupMe", "PushSafer", "Pushover", "SMSEagle", "Twitter")
)


def file_types(service: Any) -> tuple[str, ...]:
    """Return how the MIME types begin of the files that an Apprise service passes on."""
    if not service.attachment_support:
        return ()
    return ("image/",) if type(service).__name__ in _SERVICES_FOR_PICTURES else ("",)


@contextmanager
def files_in_memory(attachments: Sequence[Attachment]) -> Iterator[list[Any]]:
    """Lend Apprise the attachments as files, which some services open by their paths.

    They lie in memory and have no name in any folder: the kernel takes them back at the end of the block, and also if
    the process dies. Nobody but our own user may read them.
    """
    if not attachments:
        yield []
        return
    # Apprise takes 20 MiB, which an alerter without receivers need not spend.
    from apprise.attachment.file import AttachFile  # noqa: PLC0415 - see above

    with ExitStack() as stack:
        make_file: Any = AttachFile
        files = []
        for one in attachments:
            memory = os.memfd_create("attachment")
            stack.callback(os.close, memory)
            os.fchmod(memory, 0o600)
            with os.fdopen(memory, "wb", closefd=False) as file:
                file.write(one.content)
            files.append(make_file(path=f"/proc/self/fd/{memory}", name=one.name, mimetype=one.mime_type))
        yield files

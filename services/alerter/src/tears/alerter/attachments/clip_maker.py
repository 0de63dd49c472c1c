"""Makes clips: the sound of the crying that a notice tells about."""

import time

from tears.alerter.attachments.clip_cutter import CLIP_MIME_TYPE, ClipCutter
from tears.alerter.attachments.clip_span import span_of_facts
from tears.alerter.errors import NoSoundError
from tears.alerter.notices.notice import Attachment, Notice
from tears.alerter.notices.receivers import FileReceiver


class ClipMaker:
    """Makes the attachments of `crying` and `crying_ended`; several threads may share it."""

    brings = "sound"
    mime_type = CLIP_MIME_TYPE

    def __init__(self, cutter: ClipCutter) -> None:
        self._cutter = cutter

    def is_wanted(self, notice: Notice, receiver: FileReceiver) -> bool:
        """Return whether the receiver wants sound, and the notice says where it is."""
        return receiver.wants_clip and span_of_facts(notice.mic, notice.facts) is not None

    def make(self, notice: Notice) -> Attachment:
        """Return the sound from 5 s before the crying on; its name has the time, since the message names the room."""
        span = span_of_facts(notice.mic, notice.facts)
        if span is None:
            raise NoSoundError("the notice does not say where its sound is")
        at = time.strftime("%Y-%m-%d-%H%M%S", time.localtime(notice.happened_at_seconds))
        return self._cutter.cut(span, f"crying-{at}.mp3")

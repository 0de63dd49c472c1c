"""What follows the texts of the alerter: the clips."""

from collections.abc import Callable
from functools import partial

from tears.alerter.attachments.attachment_thread import AttachmentThread
from tears.alerter.attachments.clip_cutter import ClipCutter
from tears.alerter.attachments.clip_maker import ClipMaker
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.receivers import Receiver
from tears.alerter.notices.retry import Follower, LendOutbox
from tears.kit.clock import Clock


def clips_follow(redis_url: str, metrics: AlerterMetrics, clock: Clock) -> Callable[[Receiver, LendOutbox], Follower]:
    """Return what makes the follower of each receiver's texts. All of them share one program that cuts."""
    maker = ClipMaker(ClipCutter(redis_url))
    makers = {NoticeKind.CRYING: maker, NoticeKind.CRYING_ENDED: maker}
    return partial(AttachmentThread, makers=makers, metrics=metrics, clock=clock)

"""What follows the texts of the alerter: the clips, and the pictures of nights."""

from collections.abc import Callable
from functools import partial

from tears.alerter.attachments.attachment_delivery import Makers
from tears.alerter.attachments.attachment_thread import AttachmentThread
from tears.alerter.attachments.clip_cutter import ClipCutter
from tears.alerter.attachments.clip_maker import ClipMaker
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.nights.pictures.picture_maker import NightPictureMaker
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.receivers import Receiver
from tears.alerter.notices.retry import Follower, LendOutbox
from tears.kit.clock import Clock


def clips_follow(
    redis_url: str, pictures: NightPictureMaker, metrics: AlerterMetrics, clock: Clock
) -> Callable[[Receiver, LendOutbox], Follower]:
    """Return what makes the follower of each receiver's texts. All of them share one program that cuts."""
    maker = ClipMaker(ClipCutter(redis_url))
    makers: Makers = {NoticeKind.CRYING: maker, NoticeKind.CRYING_ENDED: maker, NoticeKind.NIGHT_REPORT: pictures}
    return partial(AttachmentThread, makers=makers, metrics=metrics, clock=clock)

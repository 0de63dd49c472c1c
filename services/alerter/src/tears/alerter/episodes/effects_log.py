"""Log what a microphone's monitor has found."""

import logging

from tears.alerter.episodes.monitor_state import Effects
from tears.alerter.notices.kinds import NoticeKind

logger = logging.getLogger(__name__)


def log_effects(mic: str, effects: Effects) -> None:
    """Log what has come of a step of a microphone's monitor, a line for each event."""
    for episode in effects.episodes:
        logger.info(
            "episode %s of %s is %s (%s): began at %.1f s, alerted at %.1f s, ended at %.1f s, peak %.2f",
            episode.episode_id,
            episode.mic,
            episode.state.name.lower(),
            episode.ending.name.lower(),
            episode.start_seconds,
            episode.alerted_at_seconds,
            episode.end_seconds,
            episode.peak_score,
        )
    for notice in effects.notices:
        # Crying is news, and not a fault of the house.
        is_fault = notice.kind is NoticeKind.NOT_LISTENING
        logger.log(logging.WARNING if is_fault else logging.INFO, "%s (%s)", notice, notice.key)
    if effects.missing:
        logger.warning("%d windows of %s never came", effects.missing, mic)

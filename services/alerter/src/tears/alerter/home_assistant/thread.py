"""The thread that keeps the MQTT broker, and with it Home Assistant, at the present state of the rooms.

It takes values from the loop and gives nothing back, so it can delay no alert. Whatever happens at the broker is
reported by health and metrics, and tried again.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable

import redis

from tears.alerter.errors import BrokerError, BrokerRefusedError
from tears.alerter.home_assistant.connection import BrokerConnection
from tears.alerter.home_assistant.house_feed import HouseFeed
from tears.alerter.home_assistant.messages.discovery import Described
from tears.alerter.home_assistant.messages.episode_history import EpisodeHistory, PastEpisode
from tears.alerter.home_assistant.messages.leftovers import Leftovers
from tears.alerter.home_assistant.messages.payloads import episode_event, house_messages
from tears.alerter.home_assistant.messages.requests import BrokerMessage, RequestOutcome, Wish, read_wish
from tears.alerter.home_assistant.messages.retained import RetainedMessages
from tears.alerter.home_assistant.messages.shown_house import ShownHouse
from tears.alerter.home_assistant.messages.topics import OFFLINE, ONLINE, Topics, topic_name
from tears.alerter.metrics import AlerterMetrics
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.health import Health
from tears.kit.messages import Episode
from tears.kit.redis_client import why

logger = logging.getLogger(__name__)

BROKER = "mqtt broker"
# How often to look for news.
BROKER_SERVE_SECONDS = 0.2
# A broker that is away is tried again this often, so that it is right soon after its return.
LONGEST_BROKER_PAUSE_SECONDS = 1.5
# One that refuses us would only fill its log.
REFUSED_PAUSE_SECONDS = 30.0
# How often to look at the time, the faults and what was left, while the rooms do not change.
_REVIEW_SECONDS = 1.0
# If the loop has given nothing for so long, nobody listens in any room.
VIEW_LASTS_SECONDS = 30.0
# An event that is older than this when the broker returns would be taken for a new one.
EVENT_LASTS_SECONDS = 60.0
# How often to ask Redis for the episodes of before, until it has answered once.
_HISTORY_PAUSE_SECONDS = 10.0
# How long a stop waits for the thread.
_LAST_WORD_SECONDS = 3.0


class HomeAssistantThread:
    """Serves the connection, and sends what is due. A stop says `offline`."""

    def __init__(
        self,
        *,
        connection: BrokerConnection,
        topics: Topics,
        feed: HouseFeed,
        described: Described,
        snooze_seconds: float,
        send_wish: Callable[[Wish], None],
        past_episodes: Callable[[], Iterable[PastEpisode]],
        metrics: AlerterMetrics,
        health: Health,
        clock: Clock,
    ) -> None:
        """Do not start yet. `send_wish` and `past_episodes` may raise redis-py's errors."""
        self._connection = connection
        self._topics = topics
        self._feed = feed
        self._described = described
        self._snooze_seconds = snooze_seconds
        self._send_wish = send_wish
        self._past_episodes = past_episodes
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._stopping = threading.Event()
        self._retained = RetainedMessages()
        self._history = EpisodeHistory()
        self._leftovers = Leftovers(topics)
        # Each with the time of the monotonic clock at which it came.
        self._events: deque[tuple[float, Episode]] = deque(maxlen=64)
        self._history_at_seconds: float | None = float("-inf")
        self._backoff = Backoff(longest_seconds=LONGEST_BROKER_PAUSE_SECONDS)
        self._view: ShownHouse | None = None
        self._look_at_seconds = float("-inf")
        self._is_open = False
        self._was_ready = False
        self._open_at_seconds = float("-inf")
        self._fault = ""
        # A daemon, so that a broker that never answers cannot keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="home-assistant", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self) -> None:
        """Say that nobody listens any more, and wait until that is on its way, but not forever."""
        self._stopping.set()
        self._thread.join(_LAST_WORD_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.turn()
            except BrokerError as error:
                self._note_failure(error)
            except Exception as error:
                # The edge of the thread. If it ended, Home Assistant would show nothing any more until a restart.
                logger.exception("the connection to Home Assistant broke down and starts again")
                self._note_failure(error)
        self._connection.close(self._topics.status, OFFLINE)

    def turn(self) -> None:
        """Do one round; raise BrokerError if the broker is away."""
        self._take_in_episodes()
        if not self._is_open and not self._open():
            return
        self._connection.serve(BROKER_SERVE_SECONDS)
        if not self._connection.is_ready:
            return
        if not self._was_ready:
            self._note_success()
        while self._connection.received:
            self._take_in(self._connection.received.popleft())
        if not self._connection.is_congested:
            self._send()

    def _open(self) -> bool:
        """Connect if it is time; return whether the connection can be served."""
        wait_seconds = self._open_at_seconds - self._clock.monotonic_seconds()
        if wait_seconds > 0:
            self._clock.wait(self._stopping, min(wait_seconds, BROKER_SERVE_SECONDS))
            return False
        self._connection.open()
        self._is_open = True
        return True

    def _note_failure(self, error: Exception) -> None:
        is_refused = isinstance(error, BrokerRefusedError)
        pause_seconds = REFUSED_PAUSE_SECONDS if is_refused else self._backoff.next_seconds()
        self._open_at_seconds = self._clock.monotonic_seconds() + pause_seconds
        self._is_open = self._was_ready = False
        self._metrics.mqtt_failures.inc()
        self._metrics.mqtt_connected.set(0)
        self._health.failed(BROKER, str(error))
        if str(error) != self._fault and not self._health.is_starting(BROKER):
            self._fault = str(error)
            logger.warning("Home Assistant is not told anything now: %s", error)

    def _note_success(self) -> None:
        self._was_ready, self._fault = True, ""
        self._backoff.reset()
        self._metrics.mqtt_connected.set(1)
        self._health.answered(BROKER)
        logger.info("connected to %s", self._connection.description)
        # The broker has said that we are gone, and may have lost what it kept.
        self._retained.forget_contents()

    def _take_in_episodes(self) -> None:
        now_seconds = self._clock.monotonic_seconds()
        if self._history_at_seconds is not None and now_seconds >= self._history_at_seconds:
            self._read_history(now_seconds)
        while self._feed.episodes:
            episode = self._feed.episodes.popleft()
            if self._history.add(episode):
                self._events.append((now_seconds, episode))

    def _read_history(self, now_seconds: float) -> None:
        """Learn of the episodes that were before this process; each is no news for Home Assistant."""
        try:
            for episode in self._past_episodes():
                self._history.add_past(episode)
        except redis.RedisError as error:
            logger.debug("the episodes of before are not known yet: %s", why(error))
            self._history_at_seconds = now_seconds + _HISTORY_PAUSE_SECONDS
        else:
            self._history_at_seconds = None

    def _take_in(self, message: BrokerMessage) -> None:
        topics, topic = self._topics, message.topic
        name = topics.name_in(topic)
        if topic == topics.birth:
            if message.payload == ONLINE and not message.is_retained:
                self._retained.forget_contents()
        elif topic == topics.status:
            # An earlier connection of ours may have left this will, or somebody has written it.
            self._retained.note_foreign(topic, message.payload)
        elif topic == topics.availability(name):
            if message.is_retained and message.payload:
                self._leftovers.add(name, self._clock.monotonic_seconds())
        else:
            self._heed(message)

    def _heed(self, message: BrokerMessage) -> None:
        """Pass on what a switch or a button asks for."""
        view = self._feed.view
        mics = {topic_name(room.mic): room.mic for room in view.rooms} if view else {}
        wish = read_wish(message, self._topics, mics, self._snooze_seconds)
        outcome = RequestOutcome.SENT
        if isinstance(wish, RequestOutcome):
            outcome = wish
            logger.warning("a message from the broker on %s is not heeded: %s", message.topic, outcome)
        else:
            try:
                self._send_wish(wish)
            except redis.RedisError as error:
                outcome = RequestOutcome.FAILED
                logger.warning(
                    "%s for %s is lost: Redis does not answer: %s", wish.kind.name.lower(), wish.mic, why(error)
                )
        self._metrics.mqtt_requests.labels(outcome.value).inc()

    def _send(self) -> None:
        now_seconds = self._clock.monotonic_seconds()
        self._want(now_seconds)
        for topic, payload in self._retained.due(now_seconds):
            self._connection.publish_state(topic, payload)
            self._retained.note_sent(topic, payload, now_seconds)
            self._metrics.mqtt_messages.labels("sent").inc()
        while self._events:
            came_at_seconds, episode = self._events.popleft()
            is_old = now_seconds - came_at_seconds > EVENT_LASTS_SECONDS
            topic = self._topics.episodes(topic_name(episode.mic))
            is_sent = not is_old and self._connection.publish_event(topic, episode_event(episode))
            self._metrics.mqtt_messages.labels("sent" if is_sent else "dropped").inc()

    def _want(self, now_seconds: float) -> None:
        """Work out what the broker should keep."""
        view = self._feed.view
        if view is self._view and now_seconds < self._look_at_seconds:
            return
        self._view, self._look_at_seconds = view, now_seconds + _REVIEW_SECONDS
        if view is None or now_seconds - view.at_seconds > VIEW_LASTS_SECONDS:
            self._retained.want_also({self._topics.status: OFFLINE})
            return
        ready = self._health.ready()
        messages = house_messages(
            self._topics,
            view,
            "" if ready.good else ready.reason,
            self._history,
            self._clock.wall_seconds(),
            self._described,
        )
        shown = {topic_name(room.mic) for room in view.rooms}
        self._retained.forget_contents(self._leftovers.to_remove(shown, now_seconds))
        changes = {**self._leftovers.held_back(shown), **messages.changes, self._topics.status: ONLINE}
        self._retained.want(changes, messages.measurements)

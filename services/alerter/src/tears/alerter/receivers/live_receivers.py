"""The receivers as they are now: their delivery threads, which are replaced when the file of receivers changes."""

import logging
import sqlite3
from collections.abc import Callable

from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.receivers import Receiver
from tears.alerter.notices.reporting.report_thread import ReportThread
from tears.alerter.notices.retry import DeliveryThread, start_deliveries, stop_deliveries
from tears.alerter.receivers.alerts_watch import AlertsWatch
from tears.alerter.receivers.announcer import Addressees
from tears.alerter.receivers.known_targets import known_targets, moved_targets, note_targets
from tears.alerter.receivers.page.page_thread import PageThread
from tears.alerter.receivers.receiver_set import ReceiverSet

logger = logging.getLogger(__name__)


class LiveReceivers:
    """Owns the delivery threads. Its methods belong to the loop's thread.

    Attributes:
        deliveries: the threads in use, and those of receivers that are gone until their last attempt has ended. The
            list stays the same object.
    """

    def __init__(
        self,
        receivers: ReceiverSet,
        outbox: Outbox,
        new_thread: Callable[[Receiver], DeliveryThread],
        metrics: AlerterMetrics,
        watch: AlertsWatch | None = None,
        page: PageThread | None = None,
        reports: ReportThread | None = None,
    ) -> None:
        """Start nothing yet."""
        self._addressees = receivers.addressees
        self._outbox = outbox
        self._new_thread = new_thread
        self._metrics = metrics
        self._watch = watch
        self._page = page
        self._reports = reports
        self.deliveries = [new_thread(one) for one in receivers.all_services]
        outbox.targets = [one.target for one in receivers.all_services]
        metrics.receivers.set(len(outbox.targets))

    def start(self) -> None:
        """Deliver what an earlier process left, look for changes of the file, and serve the parents' page."""
        if self._reports:
            self._reports.start()
        self._readdress_after_restart()
        start_deliveries(self.deliveries, self._outbox, self._metrics)
        if self._watch:
            self._watch.start()
        if self._page:
            self._page.start()

    def stop(self) -> None:
        """Finish the deliveries under way."""
        if self._watch:
            self._watch.stop()
        stop_deliveries(self.deliveries)
        if self._reports:
            self._reports.stop()

    def addressees(self) -> Addressees:
        """Return who is told now; begin to use the receivers of a file that has changed."""
        found = self._watch.take_found() if self._watch else None
        if found is not None:
            self._replace(found)
        return self._addressees

    def _readdress_after_restart(self) -> None:
        connection, targets = self._outbox.connection, self._addressees.targets
        try:
            with self._outbox.turns.turn(first=True):
                self._outbox.readdress(moved_targets(known_targets(connection), targets))
                note_targets(connection, targets)
        except sqlite3.Error as error:
            logger.warning("it is not known for whom the waiting notices were: %s", error)

    def _replace(self, found: ReceiverSet) -> None:
        services = {one.target: one for one in found.all_services}
        known = {one.target: one for one in self.deliveries if not one.is_leaving}
        for target, delivery in known.items():
            if target in services:
                delivery.use(services[target])
            else:
                delivery.leave()
        begun = [self._new_thread(one) for target, one in services.items() if target not in known]
        self.deliveries[:] = [*(one for one in self.deliveries if one.is_running), *begun]
        moved = moved_targets(self._addressees.targets, found.addressees.targets)
        self._addressees, self._outbox.targets = found.addressees, list(services)
        self._metrics.receivers.set(len(services))
        logger.info("there are other receivers: %s", ", ".join(one.description for one in found.all_services))
        try:
            with self._outbox.turns.turn(first=True):
                self._outbox.readdress(moved)
                dropped = self._outbox.drop_unconfigured()
                note_targets(self._outbox.connection, found.addressees.targets)
        except sqlite3.Error as error:
            logger.warning("the notices for receivers that are gone cannot be removed yet: %s", error)
            return
        finally:
            for delivery in begun:
                delivery.start()
        if dropped:
            logger.warning("dropped %d notices for receivers that are gone", dropped)
        self._metrics.notifications.labels("unconfigured").inc(dropped)

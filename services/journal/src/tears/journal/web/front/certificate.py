"""The certificate of the pages, which may be renewed while they are served."""

import logging
import ssl
from pathlib import Path

from tears.journal.errors import JournalError

logger = logging.getLogger(__name__)


class PageCertificate:
    """Files of a certificate and its key; new connections get what they held at the last look."""

    def __init__(self, certificate: str, private_key: str) -> None:
        """Load the files.

        Raises:
            JournalError: One is missing or not what it should be.
        """
        self._certificate = Path(certificate)
        self._private_key = Path(private_key or certificate)
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._seen = self._changed_at()
        try:
            self.context.load_cert_chain(self._certificate, self._private_key)
        except (OSError, ValueError) as error:
            raise JournalError(
                f"TEARS_JOURNAL_CERTIFICATE is {self._certificate} and the key is in {self._private_key}, but they "
                f"cannot be used: {error}; both are PEM files that the journal's user may read, and belong together"
            ) from error

    def look(self) -> None:
        """Load the files again if they have changed; if that fails, what was loaded before goes on."""
        changed_at = self._changed_at()
        if changed_at in (self._seen, ()):
            return
        self._seen = changed_at
        try:
            self.context.load_cert_chain(self._certificate, self._private_key)
        except (OSError, ValueError) as error:
            logger.warning("the new certificate in %s cannot be used: %s", self._certificate, error)
        else:
            logger.info("the certificate in %s was renewed", self._certificate)

    def _changed_at(self) -> tuple[int, ...]:
        """Return when the files were changed; nothing while one is missing, as in the middle of a renewal."""
        try:
            return tuple(one.stat().st_mtime_ns for one in (self._certificate, self._private_key))
        except OSError:
            return ()

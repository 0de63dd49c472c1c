"""Links that the house gives out, and the tokens of its forms: signed with a key that only it has."""

import hashlib
import hmac
import logging
import secrets
from typing import Final

from tears.journal.access.access_file import AccessFile
from tears.journal.errors import StorageError
from tears.kit.clock import Clock
from tears.kit.network.signed_link import LINK_KEY_BYTES, read_link, sign_link

logger = logging.getLogger(__name__)

SHARED_SECONDS: Final = 7 * 86_400.0
_SHARED = "share"
_FORM = b"form:"


class HouseLinks:
    """Signs, and reads what was signed."""

    def __init__(self, file: AccessFile, clock: Clock) -> None:
        """Read the key, and make it at the first start."""
        self._clock = clock
        self._key = secrets.token_bytes(LINK_KEY_BYTES)
        try:
            self._key = file.key(self._key)
        except StorageError as error:
            logger.warning("links that are shared from now on are good until the journal ends: %s", error)

    def share(self, episode_id: str) -> str:
        """Return the token of a link to an episode, which is good for a week."""
        return self.sign(_SHARED, episode_id, SHARED_SECONDS)

    def shared(self, token: str) -> str:
        """Return the id of the episode that a link shows; raise LinkError if it is not valid any more."""
        return self.read(_SHARED, token)

    def sign(self, purpose: str, subject: str, good_for_seconds: float) -> str:
        """Return a token that names `subject` for a while; see `sign_link`."""
        return sign_link(self._key, purpose, subject, self._clock.wall_seconds() + good_for_seconds)

    def read(self, purpose: str, token: str) -> str:
        """Return the subject of such a token; raise LinkError if it is not valid any more."""
        return read_link(self._key, purpose, token, self._clock.wall_seconds())

    def form_token(self, secret: str) -> str:
        """Return what a form has to bring along that comes with this secret in a cookie."""
        return hmac.new(self._key, _FORM + secret.encode(), hashlib.sha256).hexdigest()

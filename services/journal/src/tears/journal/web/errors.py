"""The errors that become a page in words; each message tells the visitor what to do."""

from http import HTTPStatus

from tears.journal.errors import TranslatableError


class WebError(TranslatableError):
    """Raised when a request cannot be answered as asked; base of all errors here."""

    status = HTTPStatus.BAD_REQUEST


class LoginNeededError(WebError):
    """Raised when a visitor who has not logged in asks for what only a guest or a parent may have."""

    status = HTTPStatus.UNAUTHORIZED


class RoleError(WebError):
    """Raised when a visitor asks for what their role may not do."""

    status = HTTPStatus.FORBIDDEN


class NotThereError(WebError):
    """Raised when what is asked for does not exist, or does not any more."""

    status = HTTPStatus.NOT_FOUND


class TooLargeError(WebError):
    """Raised when a request is larger than any form of ours."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class TooSlowError(WebError):
    """Raised when a request does not arrive in time."""

    status = HTTPStatus.REQUEST_TIMEOUT


class NotNowError(WebError):
    """Raised when something that is needed is away: Redis, the disk or the model server."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class AllTakenError(NotNowError):
    """Raised when so many ask for something at the same time that this visitor has to ask again.

    Attributes:
        retry_seconds: after how long; browsers and programs read it in `Retry-After`.
    """

    retry_seconds = 5

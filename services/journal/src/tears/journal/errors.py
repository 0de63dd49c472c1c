"""The errors that end the journal; each message names the thing and the cure."""

from tears.kit.errors import KitError


class JournalError(KitError):
    """Raised when the journal cannot do its work; base of all errors here."""


class TranslatableError(JournalError):
    """Raised when a visitor is to read why, in their own language.

    Attributes:
        text: the English sentence, with places such as `{minutes}`; it is the key of its translation.
        values: what belongs into the places.
    """

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text.format(**values) if values else text)
        self.text = text
        self.values = values


class FolderError(JournalError):
    """Raised when the folder of recordings cannot be used."""


class FolderTakenError(FolderError):
    """Raised when another process records into the folder."""


class UnwrittenError(JournalError):
    """Raised when sound that was read could not be written before the end."""


class HistoryFileError(JournalError):
    """Raised when the history cannot be written, or has nothing with the given id; the message is for a parent."""


class ClipStoreError(TranslatableError):
    """Raised when a clip cannot be made, read or deleted."""


class TooManyListenersError(JournalError):
    """Raised when so many listen, or look at the rooms, that another one is refused."""


class StorageError(JournalError):
    """Raised when a database of the journal cannot be read or written; the message is for a parent."""


class AccessError(TranslatableError):
    """Raised when a password, a login or a token is refused."""


class RoomNameError(TranslatableError):
    """Raised when a room cannot have a name."""


class ReceiversError(TranslatableError):
    """Raised when the receivers of alerts cannot be read or changed."""


class TaughtError(TranslatableError):
    """Raised when a lesson cannot be held, or a taught ear cannot be used."""


class NoModelServerError(JournalError):
    """Raised when the model server does not answer, or serves a model that cannot be taught."""

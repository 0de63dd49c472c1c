"""The name of a room, as a parent gives it on a page or through the API."""

from tears.journal.parts import JournalParts
from tears.journal.web.errors import NotNowError
from tears.journal.web.setup.overview import rooms_of


def name_room(parts: JournalParts, mic: str, text: str) -> None:
    """Give a room a name, or that of its microphone again if the text is empty.

    Raises:
        RoomNameError: The room cannot have this name.
        NotNowError: Nothing keeps names here.
        HistoryFileError: The history cannot be read or written.
    """
    if parts.naming is None:
        raise NotNowError("Rooms cannot be named at present.")
    mics = {*(room.mic for room in rooms_of(parts)), *parts.history.mics()}
    parts.naming.name_room(mic, text, mics)

"""Make a new password for the pages: `python -m tears.journal.new_password [parent|guest]`.

The journal may run; it uses the new password at once, and those who had logged in with the old one have to do it again.
"""

import sys
from pathlib import Path

from tears.journal.access.access_file import ACCESS_FILE, AccessFile
from tears.journal.access.passwords import hash_password, new_password
from tears.journal.access.records import KeptPassword
from tears.journal.access.role import Role
from tears.journal.errors import JournalError
from tears.journal.settings import JournalSettings
from tears.kit.clock import SystemClock
from tears.kit.errors import KitError, SettingsError
from tears.kit.logs import set_up_logs
from tears.kit.service import EXIT_BAD_SETTINGS
from tears.kit.settings import load_settings

_WHOSE = {Role.PARENT: "parents", Role.GUEST: "guests"}


def main() -> int:
    """Print the new password; return the exit status."""
    set_up_logs("journal", "WARNING", "text")
    role = next((one for one in _WHOSE if sys.argv[1:] == [one.value]), None if sys.argv[1:] else Role.PARENT)
    if role is None:
        sys.stderr.write("give one word at most: parent or guest\n")
        return 2
    try:
        password = replace_password(Path(load_settings(JournalSettings).data), role)
    except KitError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_BAD_SETTINGS if isinstance(error, SettingsError) else 1
    sys.stdout.write(f"the password of the {_WHOSE[role]} is now: {password}\n")
    return 0


def replace_password(data: Path, role: Role) -> str:
    """Return a new password, which the journal with this folder uses from now on.

    Raises:
        JournalError: There is no journal in the folder, or its disk does not take the password.
    """
    path = data / ACCESS_FILE
    if not path.is_file():
        raise JournalError(
            f"there is no {path}: start the journal once, or name the folder of its data in TEARS_JOURNAL_DATA"
        )
    clock = SystemClock()
    file = AccessFile(path, clock)
    password = new_password()
    try:
        file.set_password(role, KeptPassword(hash_password(password), is_generated=True), clock.wall_seconds())
    finally:
        file.close()
    return password


if __name__ == "__main__":
    sys.exit(main())

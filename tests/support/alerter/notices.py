"""Notices for tests of their delivery."""

from tears.alerter.notices.wording import Notice


def crying_notice(key: str) -> Notice:
    """Return a notice with this key."""
    return Notice(key, "nursery: crying", "Crying since 02:13:45.", "warning")

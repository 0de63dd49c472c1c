"""Hide passwords in text that is printed."""

import re

# In `user:password@host`, up to the last @, because a password may hold any character, and also where a slash of `://`
# is missing. Cameras take passwords under many names, in the query or in the path.
_URL_PASSWORD = re.compile(
    r"(:/{0,2})\S*(?=@)|((?<![A-Za-z0-9])(?:password|passwd|pass|pwd|psw|token|secret|key|auth)=)[^&\s]*", re.IGNORECASE
)


def without_passwords(text: str) -> str:
    """Return the text with stars in place of everything that looks like a password in a URL."""
    return _URL_PASSWORD.sub(lambda found: f"{found[1] or found[2]}***", text)

"""The cookies of the pages."""

from http.cookies import SimpleCookie

from starlette.requests import HTTPConnection

# Who has logged in.
SESSION_COOKIE = "tears_session"
# Who has not, but may send the form to do so.
FORM_COOKIE = "tears_form"
# As long as browsers keep one. The session itself ends earlier if it is not used.
_COOKIE_SECONDS = 400 * 86_400


def cookie_header(connection: HTTPConnection, name: str, value: str, *, lives: bool = True) -> str:
    """Return the header `Set-Cookie` of a cookie; with `lives=False`, the browser deletes it.

    Scripts cannot read it, and no other site can send it along with a form. It is `Lax`, because a parent comes to an
    episode by a link in a message. Over https:// it goes nowhere else.
    """
    cookie: SimpleCookie = SimpleCookie({name: value if lives else ""})
    morsel = cookie[name]
    morsel["path"] = connection.state.prefix or "/"
    morsel["httponly"] = True
    morsel["samesite"] = "Lax"
    morsel["secure"] = connection.url.scheme == "https"
    morsel["max-age"] = _COOKIE_SECONDS if lives else 0
    return morsel.OutputString()

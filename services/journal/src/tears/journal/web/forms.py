"""Read a form only if it comes from a page of ours."""

import hmac

from starlette.datastructures import FormData
from starlette.requests import Request

from tears.journal.web.errors import RoleError
from tears.journal.web.guards import visitor_of

CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf-token"
MAX_FIELDS = 100


async def checked_form(request: Request) -> FormData:
    """Return the fields of a form; its token comes in the field `csrf`, or in the header `X-CSRF-Token`.

    Raises:
        RoleError: The token is not the visitor's: another site has sent the form, or the login has ended.
        TooLargeError: The form is larger than any of ours.
        TooSlowError: It did not arrive in time.
    """
    form = await request.form(max_files=0, max_fields=MAX_FIELDS)
    given = form.get(CSRF_FIELD)
    check_csrf(request, given if isinstance(given, str) else "")
    return form


def check_csrf(request: Request, given: str = "") -> None:
    """Raise RoleError unless the visitor's token is in `given` or in the header `X-CSRF-Token`; programs need none."""
    visitor = visitor_of(request)
    given = request.headers.get(CSRF_HEADER, given)
    if not visitor.is_program and not hmac.compare_digest(given.encode(), visitor.csrf_token.encode()):
        raise RoleError("This page is too old. Open it again, and repeat what you did.")

"""Make pages from templates."""

import functools
import importlib.metadata
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from tears.journal.access.role import Role
from tears.journal.web.guards import visitor_of
from tears.journal.web.house_dot import HouseDot, house_dot
from tears.journal.web.words.catalogues import language_of
from tears.journal.web.words.page_words import PageWords

TEMPLATES = Path(__file__).with_name("templates")


def render(request: Request, template: str, *, status: int = HTTPStatus.OK, **context: Any) -> HTMLResponse:
    """Return a page.

    Besides `context`, a template has `request`, `language`, `words` (a `PageWords`), `_` (its `say`), `ngettext` (its
    `say_number`), `csrf` (the token for the hidden field of that name), `role` ("parent", "guest" or "nobody"),
    `version`, `prefix` (before the path of every link), and `house` (a `HouseDot`, or None).
    """
    visitor = visitor_of(request)
    words = words_for(request)
    text = (
        _environment()
        .get_template(template)
        .render(
            **context,
            request=request,
            language=words.language,
            words=words,
            _=words.say,
            ngettext=words.say_number,
            csrf=visitor.csrf_token,
            role=visitor.role.value,
            version=_version(),
            prefix=visitor.prefix,
            house=_house(request, words),
        )
    )
    return HTMLResponse(text, status_code=status)


def words_for(request: Request) -> PageWords:
    """Return the words in the language that the visitor's browser asks for."""
    return PageWords(language_of(request.headers.get("accept-language", "")))


def _house(request: Request, words: PageWords) -> HouseDot | None:
    live = getattr(request.app.state, "live", None)
    if live is None or visitor_of(request).role is Role.NOBODY:
        return None
    return house_dot(live.rooms.all(), words)


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@functools.cache
def _version() -> str:
    return importlib.metadata.version("tears-journal")

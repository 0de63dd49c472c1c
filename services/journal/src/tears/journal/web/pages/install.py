"""The web app manifest, with which a phone puts the page on its home screen."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.web.guards import require, visitor_of
from tears.journal.web.rendering import words_for


def install_routes() -> list[BaseRoute]:
    """Return the route."""

    @require(Role.NOBODY)
    def show_manifest(request: Request) -> Response:
        prefix, words = visitor_of(request).prefix, words_for(request)
        manifest = {
            "name": "Tears",
            "short_name": "Tears",
            "description": words.say("Hears when the baby cries."),
            "lang": words.language,
            "start_url": f"{prefix}/",
            "scope": f"{prefix}/",
            "display": "standalone",
            "background_color": "#101317",
            "theme_color": "#101317",
            "icons": [
                _icon(prefix, "icon.svg", "any", "image/svg+xml"),
                _icon(prefix, "icon-192.png", "192x192", "image/png"),
                _icon(prefix, "icon-512.png", "512x512", "image/png"),
            ],
        }
        return JSONResponse(manifest, media_type="application/manifest+json")

    return [Route("/manifest.webmanifest", show_manifest)]


def _icon(prefix: str, name: str, sizes: str, media_type: str) -> dict[str, str]:
    """Return an icon that may also be cut into a circle."""
    return {"src": f"{prefix}/static/{name}", "sizes": sizes, "type": media_type, "purpose": "any maskable"}

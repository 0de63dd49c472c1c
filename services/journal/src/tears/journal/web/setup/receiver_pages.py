"""The pages by which a parent adds, changes, removes and tries receivers."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.errors import ReceiversError
from tears.journal.parts import JournalParts
from tears.journal.setup.house_setup import HouseSetup
from tears.journal.setup.receiver_commands import ReceiverTest
from tears.journal.setup.receiver_list import ShownReceiver
from tears.journal.web.errors import NotNowError
from tears.journal.web.guards import require
from tears.journal.web.pages.form_results import result_of, see_result
from tears.journal.web.pages.posting import form_route, see
from tears.journal.web.rendering import render, words_for
from tears.journal.web.setup.receiver_form import ReceiverForm, change_of, new_topic, read_form
from tears.journal.web.setup.receiver_words import receiver_test_words, receiver_words

# How the alerter begins what it warns of in a list that it accepts.
_WARNING = "warning: "
_RECEIVERS_PAGE = "/setup/receivers"


class ReceiversChanged(NamedTuple):
    """What a form has done with the list, and what the alerter says of the new one; both empty if there was none."""

    done: str = ""
    said: str = ""


def receiver_routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""

    @require(Role.PARENT)
    def show_all(request: Request) -> Response:
        """Show the receivers, with what each of them gets."""
        change = result_of(request, ReceiversChanged)
        return _show_all(request, parts, change or ReceiversChanged())

    @require(Role.PARENT)
    def show_form(request: Request) -> Response:
        """Show the form of a new receiver, or of the one that the query names."""
        now = setup_of(parts).require_receivers().read()
        name = request.query_params.get("name", "")
        return _form(request, form_of(now.receivers, name), now.seen, name)

    def save(request: Request, form: FormData) -> Response:
        """Add or change a receiver."""
        name = str(form.get("was", ""))
        typed = read_form(form)
        try:
            said = save_receiver(parts, typed, form)
        except ReceiversError as error:
            return _form(request, typed, str(form.get("seen", "")), name, error)
        return see_result(request, _RECEIVERS_PAGE, ReceiversChanged("saved", said))

    def remove(request: Request, form: FormData) -> Response:
        """Remove a receiver."""
        said = setup_of(parts).require_receivers().remove(str(form.get("name", "")), str(form.get("seen", "")))
        return see_result(request, _RECEIVERS_PAGE, ReceiversChanged("removed", said))

    def try_out(request: Request, form: FormData) -> Response:
        """Send a test to a receiver."""
        name = str(form.get("name", ""))[:100]
        return see_result(request, f"{_RECEIVERS_PAGE}/test", setup_of(parts).test(name), name=name)

    @require(Role.PARENT)
    def show_test(request: Request) -> Response:
        """Show what became of a test; once that is forgotten, the receivers."""
        test = result_of(request, ReceiverTest)
        if test is None:
            return see(request, _RECEIVERS_PAGE)
        words, name = receiver_test_words(test, words_for(request)), request.query_params.get("name", "")
        return render(request, "receiver_test.html", name=name, test=test, words_of_test=words)

    return [
        Route("/setup/receivers", show_all),
        Route("/setup/receivers/form", show_form),
        form_route("/setup/receivers/form", save),
        form_route("/setup/receivers/remove", remove),
        Route("/setup/receivers/test", show_test),
        form_route("/setup/receivers/test", try_out),
    ]


def setup_of(parts: JournalParts) -> HouseSetup:
    """Return the setup; raise NotNowError where there is none."""
    if parts.setup is None:
        raise NotNowError("Nothing can be set up here at present.")
    found: HouseSetup = parts.setup
    return found


def save_receiver(parts: JournalParts, typed: ReceiverForm, fields: Mapping[str, Any]) -> str:
    """Add or change a receiver, and return what the alerter says; raise ReceiversError if nothing was changed."""
    change = change_of(typed, str(fields.get("url", "")))
    file = setup_of(parts).require_receivers()
    name, seen = str(fields.get("was", "")), str(fields.get("seen", ""))
    return file.change(name, change, seen) if name else file.add(change, seen)


def form_of(receivers: tuple[ShownReceiver, ...], name: str) -> ReceiverForm:
    """Return the form of a receiver, or of a new one; raise ReceiversError if there is none of this name."""
    if not name:
        return ReceiverForm(topic=new_topic())
    found = next((one for one in receivers if one.name == name), None)
    if found is None:
        raise ReceiversError("There is no receiver {name} any more.", name=name)
    return ReceiverForm(name=found.name, way="url", hours=", ".join(found.hours), repeats=bool(found.repeat_seconds))


def _show_all(request: Request, parts: JournalParts, change: ReceiversChanged) -> Response:
    now = setup_of(parts).require_receivers().read()
    words = words_for(request)
    return render(
        request,
        "receivers.html",
        receivers=[(one, receiver_words(one, words, parts.name_of)) for one in now.receivers],
        seen=now.seen,
        # The other lines repeat the list.
        warnings=[line.removeprefix(_WARNING) for line in change.said.splitlines() if line.startswith(_WARNING)],
        done=change.done,
        # What was saved just now has been checked.
        list_fault="" if change.done else setup_of(parts).list_fault(),
    )


def _form(request: Request, form: ReceiverForm, seen: str, name: str, fault: ReceiversError | None = None) -> Response:
    status = HTTPStatus.BAD_REQUEST if fault else HTTPStatus.OK
    return render(request, "receiver_form.html", status=status, form=form, seen=seen, was=name, fault=fault)

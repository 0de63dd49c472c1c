"""The first run: a password, a microphone that hears, and a phone that rings, in under two minutes."""

from http import HTTPStatus

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.errors import AccessError, ReceiversError, RoomNameError
from tears.journal.parts import JournalParts
from tears.journal.setup.receiver_commands import ReceiverTest
from tears.journal.setup.receivers_file import ReceiversNow
from tears.journal.web.guards import require, visitor_of
from tears.journal.web.live.room_words import room_on_page
from tears.journal.web.pages.form_results import result_of, see_result
from tears.journal.web.pages.posting import form_route, see
from tears.journal.web.rendering import render, words_for
from tears.journal.web.setup.clap_words import clap_words
from tears.journal.web.setup.entry_page import access_of
from tears.journal.web.setup.microphone_page import clap_in, room_of
from tears.journal.web.setup.overview import rooms_of
from tears.journal.web.setup.receiver_form import ReceiverForm, new_topic, read_form
from tears.journal.web.setup.receiver_pages import save_receiver, setup_of
from tears.journal.web.setup.receiver_words import receiver_test_words
from tears.journal.web.setup.room_name import name_room


def welcome_routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    pages = _WelcomePages(parts)
    return [
        Route("/welcome", pages.show_password),
        form_route("/welcome", pages.choose_password),
        Route("/welcome/microphone", pages.show_microphone),
        form_route("/welcome/microphone", pages.name_room),
        Route("/welcome/phone", pages.show_phone),
        form_route("/welcome/phone", pages.add_phone),
        Route("/welcome/test", pages.show_test),
        form_route("/welcome/test", pages.send_test),
        Route("/welcome/done", pages.show_end),
    ]


class _WelcomePages:
    """The steps, in their order. Each can be left out, and done later on the setup page."""

    def __init__(self, parts: JournalParts) -> None:
        self._parts = parts

    @require(Role.PARENT)
    def show_password(self, request: Request) -> Response:
        """Ask for a password of one's own."""
        is_chosen = access_of(self._parts).passwords.is_chosen
        return render(request, "welcome_password.html", is_chosen=is_chosen, fault=None)

    def choose_password(self, request: Request, form: FormData) -> Response:
        """Keep the password, and go on. Once it is chosen, only who knows it changes it, on another page."""
        if access_of(self._parts).passwords.is_chosen:
            return see(request, "/welcome")
        access, password = access_of(self._parts), str(form.get("password", ""))
        try:
            access.set_password(Role.PARENT, password, keep_session=visitor_of(request).session_id)
        except AccessError as error:
            status = HTTPStatus.BAD_REQUEST
            return render(request, "welcome_password.html", status=status, is_chosen=False, fault=error)
        return see(request, "/welcome/microphone")

    @require(Role.PARENT)
    def show_microphone(self, request: Request) -> Response:
        """Show the rooms; with `clapped` in the query, also whether a clap was heard in one."""
        return self._microphone(request, request.query_params.get("mic", ""))

    def name_room(self, request: Request, form: FormData) -> Response:
        """Give a room the name that its alerts say."""
        mic, typed = str(form.get("mic", "")), str(form.get("name", ""))
        try:
            name_room(self._parts, room_of(self._parts, request, mic).mic, typed)
        except RoomNameError as error:
            return self._microphone(request, mic, typed=typed, fault=error)
        return see(request, "/welcome/microphone", mic=mic, done="named")

    def _microphone(
        self, request: Request, mic: str, *, typed: str | None = None, fault: RoomNameError | None = None
    ) -> Response:
        now = self._parts.clock.wall_seconds()
        rooms = [room_on_page(room, words_for(request), now) for room in rooms_of(self._parts)]
        room = next((one for one in rooms if one.mic == mic), rooms[0] if rooms else None)
        found = clap_in(self._parts, room.mic) if room and "clapped" in request.query_params else None
        return render(
            request,
            "welcome_microphone.html",
            status=HTTPStatus.BAD_REQUEST if fault else HTTPStatus.OK,
            rooms=rooms,
            room=room,
            clap=found,
            clap_words=clap_words(found, words_for(request)) if found else "",
            typed=typed,
            fault=fault,
            done=request.query_params.get("done", ""),
        )

    @require(Role.PARENT)
    def show_phone(self, request: Request) -> Response:
        """Show how alerts reach a phone."""
        try:
            now = setup_of(self._parts).require_receivers().read()
        except ReceiversError as error:
            return _phone(request, ReceiversNow(), ReceiverForm(), error)
        return _phone(request, now, ReceiverForm(topic=new_topic()))

    def add_phone(self, request: Request, form: FormData) -> Response:
        """Add the first receiver, and go on to its test."""
        typed = read_form(form)
        try:
            save_receiver(self._parts, typed, form)
        except ReceiversError as error:
            return _phone(request, ReceiversNow(seen=str(form.get("seen", ""))), typed, error)
        return see(request, "/welcome/test", receiver=typed.name)

    @require(Role.PARENT)
    def show_test(self, request: Request) -> Response:
        """Show the button that sends a test."""
        name, test = request.query_params.get("receiver", "")[:100], result_of(request, ReceiverTest)
        words = receiver_test_words(test, words_for(request)) if test else ""
        return render(request, "welcome_test.html", name=name, test=test, words_of_test=words)

    def send_test(self, request: Request, form: FormData) -> Response:
        """Send a test, and ask whether the phone rang."""
        name = str(form.get("name", ""))[:100]
        return see_result(request, "/welcome/test", setup_of(self._parts).test(name), receiver=name)

    @require(Role.PARENT)
    def show_end(self, request: Request) -> Response:
        """Say that all is set up."""
        return render(request, "welcome_done.html")


def _phone(request: Request, now: ReceiversNow, form: ReceiverForm, fault: ReceiversError | None = None) -> Response:
    return render(
        request,
        "welcome_phone.html",
        status=HTTPStatus.BAD_REQUEST if fault and request.method == "POST" else HTTPStatus.OK,
        receivers=now.receivers,
        seen=now.seen,
        form=form,
        fault=fault,
    )

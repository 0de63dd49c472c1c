import segno

from tears.cli.page.qr_code import qr_text

URL = "http://192.168.178.123:8080"
# What the upper and the lower half of a character show: True is light.
HALVES = {"█": (True, True), "▀": (True, False), "▄": (False, True), " ": (False, False)}


def test_the_code_on_the_terminal_is_that_of_the_url_and_fits_small_terminals() -> None:
    rows: list[list[bool]] = []
    for line in qr_text(URL).plain.splitlines():
        upper, lower = zip(*(HALVES[character] for character in line), strict=True)
        rows += [list(upper), list(lower)]
    expected = [[not dark for dark in row] for row in segno.make_qr(URL, error="l").matrix_iter(scale=1, border=2)]
    assert rows[: len(expected)] == expected
    assert len(rows[0]) <= 60


def test_light_is_white_on_dark_terminals_and_on_light_ones() -> None:
    assert qr_text(URL).style == "bright_white on black"

"""The message catalogues of alerts and of pages against the sentences in their code."""

import string
from collections.abc import Iterable, Mapping
from pathlib import Path

import polib
from babel.messages.extract import extract_from_dir
from support.places import ROOT

# The sentences that alerts and pages share.
SHARED = ROOT / "libs/kit/src/tears/kit/language"
_PYTHON = (("**.py", "python"),)


def sentences_in(
    folders: Iterable[Path],
    keywords: Mapping[str, tuple[int, ...] | None],
    methods: Iterable[tuple[str, str]] = _PYTHON,
) -> set[str]:
    """Return every English sentence in the code of some folders; of two forms, both."""
    return {
        one
        for folder in folders
        for _, _, text, _, _ in extract_from_dir(folder, method_map=list(methods), keywords=keywords)
        for one in (text if isinstance(text, tuple) else (text,))
    }


def translations_in(path: Path) -> dict[str, str]:
    """Return the translations of each sentence in a catalogue; of two forms, each to its own."""
    found: dict[str, str] = {}
    for entry in polib.pofile(str(path)):
        assert not entry.fuzzy, entry.msgid
        found[entry.msgid] = entry.msgstr
        if entry.msgid_plural:
            found |= {entry.msgid: entry.msgstr_plural[0], entry.msgid_plural: entry.msgstr_plural[1]}
    return found


def assert_translated(path: Path, sentences: set[str]) -> None:
    """Check that a catalogue translates these sentences and no others, and keeps their `{places}`."""
    translated = translations_in(path)
    assert set(translated) == sentences, "run `make translations`, and translate what is new"
    for text, translation in translated.items():
        assert translation, f"{text} is not translated"
        assert _places(translation) == _places(text), text


def assert_names(path: Path, counts: set[int]) -> None:
    """Check that the lists of names of a catalogue, of months and of days, have as many names as in English."""
    translated = translations_in(path)
    names = {len(one.split()): one for one in translated if one.startswith(("January", "Monday"))}
    for count, english in names.items():
        assert len(set(translated[english].split())) == count
    assert set(names) == counts


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

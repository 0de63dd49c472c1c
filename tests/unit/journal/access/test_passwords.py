import re

import pytest

from tears.journal.access.passwords import hash_password, is_password, new_password


def test_a_new_password_is_easy_to_type_and_hard_to_guess() -> None:
    made = {new_password() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"[a-z]{4}-[a-z]{4}-[a-z]{4}", one) for one in made)
    assert not set("".join(made)) & set("ljoyz")


def test_only_the_same_password_is_right() -> None:
    kept = hash_password("Grüße, Baby")
    assert is_password("Grüße, Baby", kept)
    assert is_password(" Grüße, Baby ", kept)
    for wrong in ("", "grüße, baby", "Grüße, Bab", "Grüße, Baby!", "x" * 10_000, "\ud800"):
        assert not is_password(wrong, kept)


def test_the_same_password_is_never_kept_the_same_way() -> None:
    first, second = (hash_password("a password", log_cost=4) for _ in range(2))
    assert first != second
    assert "a password" not in first


def test_what_is_kept_says_how_it_was_made() -> None:
    assert hash_password("a password").startswith("scrypt$14$8$5$")


@pytest.mark.parametrize("kept", ["", "x", "argon2$1$2$3$4$5", "scrypt$14$8$5$!$!", "scrypt$a$8$5$AAAA$AAAA"])
def test_what_is_not_a_kept_password_is_right_for_nobody(kept: str) -> None:
    assert not is_password("a password", kept)


def test_nobody_lets_the_journal_hash_a_book() -> None:
    assert not is_password("x" * 201, hash_password("x" * 201, log_cost=4))


def test_a_hash_of_another_kind_is_right_for_nobody() -> None:
    kept = hash_password("a password", log_cost=4)
    assert is_password("a password", kept)
    assert not is_password("a password", kept.replace("scrypt", "bcrypt"))

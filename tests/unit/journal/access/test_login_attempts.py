import pytest

from tears.journal.access.login_attempts import ADDRESS_ATTEMPTS, ATTEMPTS_SECONDS, HOUSE_ATTEMPTS, LoginAttempts
from tears.kit.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def attempts(clock: ManualClock) -> LoginAttempts:
    return LoginAttempts(clock)


def test_an_address_has_ten_attempts_in_ten_minutes(clock: ManualClock, attempts: LoginAttempts) -> None:
    waits = [attempts.begin("192.168.1.2") for _ in range(ADDRESS_ATTEMPTS)]
    assert waits == [0.0] * ADDRESS_ATTEMPTS
    clock.advance(100.0)
    assert attempts.begin("192.168.1.2") == ATTEMPTS_SECONDS - 100.0
    assert attempts.begin("192.168.1.3") == 0.0
    clock.advance(ATTEMPTS_SECONDS - 100.0)
    assert attempts.begin("192.168.1.2") == 0.0


def test_a_refused_attempt_does_not_make_the_wait_longer(clock: ManualClock, attempts: LoginAttempts) -> None:
    for _ in range(ADDRESS_ATTEMPTS):
        attempts.begin("192.168.1.2")
    for _ in range(50):
        clock.advance(10.0)
        attempts.begin("192.168.1.2")
    clock.advance(ATTEMPTS_SECONDS - 500.0)
    assert attempts.begin("192.168.1.2") == 0.0


def test_the_right_password_forgives_the_wrong_ones(attempts: LoginAttempts) -> None:
    for _ in range(ADDRESS_ATTEMPTS):
        attempts.begin("192.168.1.2")
    attempts.succeeded("192.168.1.2")
    assert attempts.begin("192.168.1.2") == 0.0


def test_a_hundred_attempts_are_all_that_a_house_bears(attempts: LoginAttempts) -> None:
    for k in range(HOUSE_ATTEMPTS):
        assert attempts.begin(f"10.0.{k}.1") == 0.0
    assert attempts.begin("10.1.0.1") == ATTEMPTS_SECONDS


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),
        ("::ffff:192.168.1.2", "192.168.1.2"),
        ("fe80::1%eth0", "fe80::2%wlan0"),
    ],
)
def test_addresses_that_one_visitor_has_count_as_one(attempts: LoginAttempts, first: str, second: str) -> None:
    for _ in range(ADDRESS_ATTEMPTS):
        attempts.begin(first)
    assert attempts.begin(second) > 0


def test_two_networks_count_as_two(attempts: LoginAttempts) -> None:
    for _ in range(ADDRESS_ATTEMPTS):
        attempts.begin("2001:db8:1:2::1")
    assert attempts.begin("2001:db8:1:3::1") == 0.0


def test_a_million_addresses_take_no_memory(attempts: LoginAttempts) -> None:
    for k in range(5_000):
        attempts.begin(f"2001:db8:{k:x}::1")
    assert len(attempts._by_address) == 1_000
    assert len(attempts._all) == HOUSE_ATTEMPTS

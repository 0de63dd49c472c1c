"""The share of the memory that requests may take."""

from tears.model_server.memory_limits import MIB, MemoryLimits, available_memory_bytes, limits_for


def test_a_large_machine_has_the_usual_limits() -> None:
    assert limits_for(8192 * MIB) == MemoryLimits()


def test_in_a_small_container_all_limits_together_leave_half_of_the_memory() -> None:
    limits = limits_for(256 * MIB)
    assert limits == MemoryLimits(64 * MIB, 32 * MIB, 32 * MIB, 32 * MIB)
    assert limits.in_flight_bytes + limits.receiving_bytes + limits.bodies_bytes <= 128 * MIB


def test_the_memory_of_this_machine_is_known() -> None:
    assert 64 * MIB < available_memory_bytes() < 2**50

"""The share of the memory that requests may take."""

from pathlib import Path

from tears.model_server.memory_limits import MIB, MemoryLimits, available_memory_bytes, group_limits, limits_for


def test_a_large_machine_has_the_usual_limits() -> None:
    assert limits_for(8192 * MIB) == MemoryLimits()


def test_in_a_small_container_all_limits_together_leave_half_of_the_memory() -> None:
    limits = limits_for(256 * MIB)
    assert limits == MemoryLimits(64 * MIB, 32 * MIB, 32 * MIB, 32 * MIB)
    assert limits.in_flight_bytes + limits.receiving_bytes + limits.bodies_bytes <= 128 * MIB


def test_the_limits_of_a_service_and_of_what_it_is_in_count(tmp_path: Path) -> None:
    service = tmp_path / "system.slice" / "tears.service"
    service.mkdir(parents=True)
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "system.slice" / "memory.max").write_text("300\n")
    (service / "memory.max").write_text("200\n")
    assert sorted(group_limits(tmp_path, "0::/system.slice/tears.service\n")) == [200, 300]
    assert group_limits(tmp_path, "0::/\n") == []
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("100\n")
    assert group_limits(tmp_path, "") == [100]


def test_the_memory_of_this_machine_is_known() -> None:
    assert 64 * MIB < available_memory_bytes() < 2**50

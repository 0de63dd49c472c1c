from tears.kit.streams.entries import entry_order


def test_ids_compare_by_number() -> None:
    assert entry_order("999-10") < entry_order("1000-2") < entry_order("1000-10")

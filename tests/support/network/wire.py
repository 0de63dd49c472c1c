"""Write protobuf's wire format by hand, for messages that no library would write."""


def varint(number: int) -> bytes:
    """Return a number in groups of seven bits, the lowest first."""
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def field(number: int, content: bytes) -> bytes:
    """Return a field that holds a message, a string, bytes or packed numbers."""
    return varint(number << 3 | 2) + varint(len(content)) + content

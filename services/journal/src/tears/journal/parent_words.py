"""Mark sentences that a parent reads, where they stand as values. No I/O."""


def parent_words(text: str) -> str:
    """Return the sentence as it is: `make translations` finds what stands in this call, and pages translate it."""
    return text

"""Turn what the history keeps into drawings, as values that templates write into SVG. No I/O."""

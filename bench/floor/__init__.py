"""The floor: what the work of a window costs with nothing around it, and the stages and sox beside it."""

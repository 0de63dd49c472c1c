"""Networks trained by others: they teach ours, or are measured beside it. None is part of the product."""

"""Keep a process small: the C library's heap, the garbage collector, and the pages of libraries."""

"""The benchmarks: each figure beside its limit or its peer. Run them with `make bench`."""

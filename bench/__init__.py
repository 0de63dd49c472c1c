"""The benchmarks: each figure beside its limit. Run them with `make bench`."""

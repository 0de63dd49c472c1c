"""The model server: latency, CPU, throughput and memory, beside a bare interpreter."""

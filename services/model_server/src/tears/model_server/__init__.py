"""Serves models by TF Serving's gRPC API on LiteRT."""

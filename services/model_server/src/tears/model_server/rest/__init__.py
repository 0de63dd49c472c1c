"""TF Serving's REST API: HTTP on one side, the same requests as gRPC's on the other."""

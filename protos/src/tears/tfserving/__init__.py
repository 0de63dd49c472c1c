"""The part of TF Serving's API that Tears speaks, for clients and servers alike; protobuf is all it needs."""

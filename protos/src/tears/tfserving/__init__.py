"""The part of TF Serving's API that Tears uses, for clients and servers; it depends only on protobuf."""

"""Messages on the wire: tensors, signatures, and a look at a request before it is parsed."""

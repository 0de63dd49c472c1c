"""Redis Streams: consumer groups that lose and double nothing, and reading beside them."""

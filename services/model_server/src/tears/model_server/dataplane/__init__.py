"""What answers a request, whichever API it came by."""

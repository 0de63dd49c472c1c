"""The data plane: answers requests, whichever API they came by."""

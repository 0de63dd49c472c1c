"""The frames between a capturing process and the recorder."""

"""The journal of `tears up`: its process, its folder, and the address of its page."""

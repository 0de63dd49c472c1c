"""What a parent sets up: receivers, microphones, and how each part of Tears is; nothing here knows of HTTP."""

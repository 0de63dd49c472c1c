"""Attachments: what follows a notice's text as a second message, such as the sound of the crying."""

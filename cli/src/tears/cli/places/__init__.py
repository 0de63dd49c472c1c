"""Folders and files that outlive the command."""

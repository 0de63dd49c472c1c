"""Clips of five seconds: cutting, reading and splitting them."""

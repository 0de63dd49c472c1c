"""Trains, evaluates and exports the cry model. Never imported by a service."""

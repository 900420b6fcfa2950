"""Figures and progress."""

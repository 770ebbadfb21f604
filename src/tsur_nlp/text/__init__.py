"""Cleaning of what really arrives, words and their forms."""

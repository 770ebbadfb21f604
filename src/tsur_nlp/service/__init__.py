"""The HTTP service: routing for host systems that are not written in Python. Needs the extra `server`."""

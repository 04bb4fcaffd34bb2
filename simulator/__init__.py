"""A small office with phones, and the call recorders in front of it.

One office, served by several recorders at once (`server.RECORDERS`, a folder each).
Tests, demo and benchmark use it; `python -m simulator --help` runs it by itself.
Written from the vendors' pages only: it shares no code with the integration, so that
a misreading of a page shows as a difference.
"""

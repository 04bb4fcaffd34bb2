"""A small office with phones, and the call recorders in front of it.

One office, seen by three recorders at once: Imagicle Call Recording, Bandwidth
Catapult v1 and Yeastar P-Series. Tests, demo and benchmark use it; `python -m
simulator --help` runs it by itself. Written from the vendors' pages only: it
shares no code with the integration, so that no mistake can hide in both.
"""

"""The demo: simulated recorders, and a real Home Assistant in front of them."""

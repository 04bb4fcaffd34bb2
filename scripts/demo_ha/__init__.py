"""The demo: simulated recorders, and a real Home Assistant that shows them."""

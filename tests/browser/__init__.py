"""The card and the wallboard in a real browser, in front of a real Home Assistant."""

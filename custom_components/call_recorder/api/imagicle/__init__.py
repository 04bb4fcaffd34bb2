"""Imagicle Call Recording (UCX Suite)."""

"""Tests of the media source."""

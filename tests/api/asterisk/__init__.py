"""Tests of the Asterisk client."""

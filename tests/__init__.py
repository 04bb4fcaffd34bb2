"""Tests of Call Recorder."""

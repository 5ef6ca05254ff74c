"""Chapters of the course: one folder a topic, each with one record `TOPIC`."""

"""Turning values into text for people. No decisions here, and nothing but text comes out."""

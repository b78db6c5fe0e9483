"""The parser of every command at once, for the page that lists them."""

from __future__ import annotations

from sbc.cli.completion import whole as parser

__all__ = ["parser"]

"""Owns the logo: a ladder."""

from __future__ import annotations

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f3a5f"/>'
    '<g stroke="#fff" stroke-width="2.6" stroke-linecap="round"><path d="M10 6v20M22 6v20"/>'
    '<path d="M10 22h12M10 16h12" opacity=".55"/><path d="M10 10h12" stroke="#ffb454"/></g></svg>'
)

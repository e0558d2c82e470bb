"""Notebooks and Markdown as pages: `page` makes one, for a report or the site; `book` makes the site."""

"""What axe-core says of a page."""

from axe_playwright_python.sync_playwright import Axe

# Else axe asks for style sheets anew, which a page that is opened as a file may not.
OPTIONS = {"resultTypes": ["violations"], "preload": False}


def barriers(page):
    """What keeps somebody from using a page, by axe-core's measure: each with the elements that are concerned."""
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]

"""The parts of the page, as they lie beside this file."""

from __future__ import annotations

from importlib.resources import files

HTML, CSS = "page.html", "page.css"
LATENTS = "latents.html"  # the page of encoders' latents
SCRIPTS = (  # in this order
    "data.js", "scene.js", "panels.js", "ghosts.js", "reasons.js", "rules.js", "takeover.js",
    "eyes.js", "page.js",
)  # fmt: skip
FILES = {
    **dict.fromkeys((HTML, LATENTS), "text/html"),
    CSS: "text/css",
    **dict.fromkeys((*SCRIPTS, "latents.js"), "text/javascript"),
}


def part(name: str) -> str:
    """The text of one of `FILES`."""
    return files("dsrl.view").joinpath(name).read_text("utf-8")


def whole(policy: str, data: str) -> str:
    """The page in one piece, under a content security policy; ``data`` is JSON without ``<``."""
    script = "\n".join(part(name) for name in SCRIPTS)
    style = f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    style += f"<style>\n{part(CSS)}</style>"
    answers = f'<script type="application/json" id="answers">{data}</script>'
    parts = {f'<link rel="stylesheet" href="{CSS}">': style}
    parts |= {f'<script src="{name}" defer></script>\n': "" for name in SCRIPTS}
    parts["</body>"] = f"{answers}\n<script>\n{script}</script>\n</body>"
    html = part(HTML)
    for mark, text in parts.items():
        if html.count(mark) != 1:
            raise AssertionError(f"{HTML} has {mark!r} {html.count(mark)} times, not once")
        html = html.replace(mark, text)
    return html

"""Search over imagined futures; knows no game and no model: what imagines is handed in."""

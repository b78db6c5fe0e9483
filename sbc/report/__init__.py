"""From a run to figures, words and a page; reads what was stored and samples nothing."""

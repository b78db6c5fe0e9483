"""What a browser's geometry says of a page: words that are split, texts that overlap or are cut."""

from __future__ import annotations

from typing import Any

#: Returns a list of faults. Hidden are heads that phones do without, closed details and popovers.
_SCRIPT = r"""
(() => {
  const faults = [], boxes = [];
  const shown = e => e.checkVisibility({contentVisibilityAuto: true, opacityProperty: true,
    visibilityProperty: true}) && getComputedStyle(e.closest('thead') || e).clipPath === 'none';
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node; node = walker.nextNode();) {
    const parent = node.parentElement;
    if (!node.data.trim() || !shown(parent)) continue;
    const drawn = parent.closest('svg');
    for (const found of node.data.matchAll(/[^ \t\n\r\-\u2013\u2014\/]+/g)) {
      range.setStart(node, found.index);
      range.setEnd(node, found.index + found[0].length);
      const rects = [...range.getClientRects()].filter(r => r.width > 0);
      const lines = new Set(rects.map(r => Math.round(r.top)));
      if (lines.size > 1 && !drawn && !parent.closest('pre, .command, dd'))
        faults.push(`split: ${found[0]}`);
      const option = /--\S+/.exec(node.data);
      if (option && !drawn) {
        range.setStart(node, option.index);
        range.setEnd(node, option.index + Math.min(option[0].length, 12));
        if (new Set([...range.getClientRects()].map(r => Math.round(r.top))).size > 1)
          faults.push(`split: ${option[0]}`);
      }
      for (const r of rects) {
        const right = document.documentElement.clientWidth;
        if (r.right > right + 1 || r.left < -1) faults.push(`cut: ${found[0]}`);
        const dy = drawn ? 0.22 * Math.min(r.height, r.width) : 0.22 * r.height;
        const dx = drawn ? 0.06 * Math.min(r.height, r.width) : 0.5;
        boxes.push({node, word: found[0], left: r.left + dx, right: r.right - dx,
                    top: r.top + dy, bottom: r.bottom - dy});
      }
    }
  }
  boxes.sort((a, b) => a.top - b.top);
  for (let i = 0; i < boxes.length; i++)
    for (let j = i + 1; j < boxes.length && boxes[j].top < boxes[i].bottom; j++) {
      const a = boxes[i], b = boxes[j];
      if (a.node !== b.node && a.left < b.right && b.left < a.right)
        faults.push(`overlap: ${a.word} | ${b.word}`);
    }
  for (const e of document.querySelectorAll('body *'))
    if (shown(e) && !e.closest('svg, thead') && e.scrollWidth > e.clientWidth + 1 &&
        getComputedStyle(e).overflowX !== 'visible') faults.push(`hidden in: ${e.tagName}`);
  for (const e of document.querySelectorAll('td[data-label]')) {
    const label = getComputedStyle(e, '::before');
    if (shown(e) && !['none', 'normal'].includes(label.content) && label.display !== 'block' &&
        getComputedStyle(e).display !== 'flex') faults.push(`glued: ${e.dataset.label}`);
  }
  if (document.documentElement.scrollWidth > innerWidth) faults.push('sideways scrolling');
  return [...new Set(faults)];
})()
"""
#: Twins that must be found.
SPLIT = "document.querySelector('h3').setAttribute('style', 'width:1em;word-break:break-all')"
OVERLAP = (
    "document.querySelector('h3').setAttribute('style', 'height:0;border:0;padding:0;margin:0')"
)
GLUED = (
    "document.head.insertAdjacentHTML('beforeend', '<style>.stack td{display:block!important}"
    ".stack td[data-label]::before{display:inline!important}</style>')"
)
OPTION = (
    "document.querySelector('h3').innerHTML = '<i style=\"display:block;width:1.5em\">--seed</i>'"
)
CUT = "document.querySelector('h3').setAttribute('style', 'margin-left:-60px')"


def faults(browser: Any) -> list[str]:
    """List what is wrong with the page that a browser shows."""
    found: list[str] = browser.evaluate(_SCRIPT)
    return found

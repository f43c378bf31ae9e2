// Tells what keeps people from using a page: controls without a name, headings
// out of order, ids used twice, text that is hard to tell from its background
// (WCAG 2.2: 1.3.1, 1.4.3, 2.4.2, 3.1.1, 4.1.2).
(() => {
  const faults = [];
  const about = (e) => e.outerHTML.slice(0, 120);
  const words = (e) => (e.getAttribute("aria-label") || e.textContent).trim();
  if (!document.documentElement.lang) faults.push("the page has no language");
  if (!document.title) faults.push("the page has no title");
  if (document.querySelectorAll("h1").length !== 1) faults.push("the page has not one h1");
  if (document.querySelectorAll("main").length !== 1) faults.push("the page has not one main part");

  let level = 0;
  for (const h of document.querySelectorAll("h1, h2, h3, h4")) {
    const now = Number(h.tagName[1]);
    if (now > level + 1) faults.push("a heading skips a level: " + about(h));
    level = now;
  }
  const ids = new Set();
  for (const e of document.querySelectorAll("[id]")) {
    if (ids.has(e.id)) faults.push("an id is used twice: " + e.id);
    ids.add(e.id);
  }
  for (const e of document.querySelectorAll("[aria-describedby]")) {
    for (const id of e.getAttribute("aria-describedby").split(" ")) {
      if (!ids.has(id)) faults.push("it is described by nothing: " + about(e));
    }
  }
  for (const e of document.querySelectorAll("input:not([type=hidden]), textarea, select")) {
    if (![...e.labels].some((l) => words(l))) faults.push("a field has no label: " + about(e));
  }
  for (const e of document.querySelectorAll("a, button")) {
    if (!words(e)) faults.push("it has no words: " + about(e));
  }
  for (const e of document.querySelectorAll("th")) {
    if (!e.scope) faults.push("a header cell has no scope: " + about(e));
  }

  const parse = (c) => c.match(/[\d.]+/g).map(Number);
  const light = (c) => {
    const [r, g, b] = parse(c).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if ((parse(c)[3] ?? 1) > 0) return c;
    }
    return "rgb(255, 255, 255)";
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !e.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) faults.push(`the contrast is ${contrast.toFixed(1)}: ` + about(e));
  }
  return faults;
})()

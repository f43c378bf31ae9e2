// Tells what of a page lies outside of the window, so that one would have to scroll
// sideways, and what text is cut off (WCAG 2.2: 1.4.4, 1.4.10, 1.4.12). The text can
// be "larger", to twice its size, or "spaced".
function layout(text) {
  const faults = [];
  const about = (e) => e.cloneNode(false).outerHTML.slice(0, 160) + e.textContent.trim().replace(/\s+/g, " ").slice(0, 60);
  const root = document.documentElement;
  // Not a style element, which the page's content security policy may forbid.
  const sheet = new CSSStyleSheet();
  if (text === "larger") sheet.replaceSync(":root { font-size: 200% !important }");
  if (text === "spaced") {
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
      p { margin-block-end: 2em !important }`);
  }
  const before = [...document.adoptedStyleSheets]; // which is an array that changes
  document.adoptedStyleSheets = [...before, sheet];
  try {
    const scrolls = (e) => ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
    const inRegion = (e) => {
      for (e = e.parentElement; e && e !== root && e !== document.body; e = e.parentElement) if (scrolls(e)) return true;
      return false;
    };
    // Text that only those hear who listen.
    const unseen = (e) => {
      for (; e; e = e.parentElement) {
        const r = e.getBoundingClientRect();
        const s = getComputedStyle(e);
        if ((r.width <= 1 && r.height <= 1) || s.clipPath === "inset(50%)" || s.clipPath === "inset(100%)") return true;
      }
      return false;
    };
    const wide = root.clientWidth;
    if (Math.max(root.scrollWidth, document.body.scrollWidth) > wide + 1) {
      const out = [...document.body.querySelectorAll("*")].filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > wide + 1 && !inRegion(e) && !unseen(e));
      const inner = out.filter((e) => !out.some((o) => o !== e && e.contains(o)));
      faults.push(`the page is ${root.scrollWidth} wide, not ${wide}: ` + inner.slice(0, 5).map(about).join(" | "));
    }
    for (const e of document.body.querySelectorAll("*")) {
      if (!e.checkVisibility() || !e.textContent.trim() || ["OPTION", "SELECT", "SCRIPT", "TEXTAREA"].includes(e.tagName) || e.closest("svg") || unseen(e)) continue;
      const s = getComputedStyle(e);
      const cut = (o) => o === "hidden" || o === "clip";
      if ((cut(s.overflowX) && e.scrollWidth > e.clientWidth + 1) || (cut(s.overflowY) && e.scrollHeight > e.clientHeight + 2)) {
        faults.push("text is cut off: " + about(e));
      }
    }
  } finally {
    document.adoptedStyleSheets = before;
  }
  return faults;
}

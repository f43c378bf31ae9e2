// Tells what is wrong with the parts of a page (WCAG 2.2: 1.3.1, 2.4.2, 3.1.1, 4.1.2)
// that axe leaves to judgement or only advises on.
function structure() {
  const faults = [];
  const about = (e) => e.outerHTML.slice(0, 160);
  if (!/^(nb|nn|en)$/.test(document.documentElement.lang)) faults.push(`the language of the page is ${document.documentElement.lang || "unknown"}`);
  if (!document.title.trim()) faults.push("the page has no title");
  for (const part of ["h1", "main"]) {
    const count = document.querySelectorAll(part).length;
    if (count !== 1) faults.push(`the page has ${count} ${part}, not one`);
  }
  let level = 0;
  for (const h of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    if (!h.checkVisibility() || h.closest('[role="alert"]')) continue; // a summary of faults comes before all else
    const now = Number(h.tagName[1]);
    if (now > level + 1) faults.push("a heading skips a level: " + about(h));
    level = now;
  }
  const ids = new Set();
  for (const e of document.querySelectorAll("[id]")) {
    if (ids.has(e.id)) faults.push("an id is used twice: " + e.id);
    ids.add(e.id);
  }
  for (const attribute of ["aria-describedby", "aria-labelledby", "aria-controls", "aria-errormessage"]) {
    for (const e of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of e.getAttribute(attribute).split(/\s+/)) {
        if (!ids.has(id)) faults.push(`${attribute} names nothing: ` + about(e));
      }
    }
  }
  for (const e of document.querySelectorAll("input:not([type=hidden]), textarea, select")) {
    if (e.checkVisibility() && ![...(e.labels ?? [])].some((l) => l.textContent.trim()) && !e.hasAttribute("aria-label") && !e.hasAttribute("aria-labelledby")) {
      faults.push("a field has no label: " + about(e));
    }
  }
  for (const e of document.querySelectorAll('[aria-invalid="true"]')) {
    if (!e.hasAttribute("aria-describedby") && !e.hasAttribute("aria-errormessage")) faults.push("a fault is not told with the field: " + about(e));
  }
  for (const e of document.querySelectorAll("a[href^='#']")) {
    const id = decodeURIComponent(e.getAttribute("href").slice(1));
    if (id && !ids.has(id)) faults.push("a link leads to nothing on the page: " + about(e));
  }
  for (const e of document.querySelectorAll("a, button")) {
    if (e.checkVisibility() && !(e.getAttribute("aria-label") || e.textContent || e.querySelector("img[alt]")?.alt || "").trim()) faults.push("it has no words: " + about(e));
  }
  for (const e of document.querySelectorAll("th")) if (!e.scope) faults.push("a header cell has no scope: " + about(e));
  for (const e of document.querySelectorAll("table")) {
    if (!e.caption?.textContent.trim() && !e.hasAttribute("aria-label") && !e.hasAttribute("aria-labelledby")) faults.push("a table has no caption: " + about(e));
  }
  for (const e of document.querySelectorAll("[style]")) faults.push("a style stands in the page: " + about(e));
  return faults;
}

// Finds what on a page the keyboard should come to, and tells where the focus is.
var found = [];
var looks = [];

var named = (e) => e.tagName.toLowerCase() + " " + ((e.labels?.[0] ?? e).textContent.trim() || e.getAttribute("aria-label") || e.name || e.id).replace(/\s+/g, " ").slice(0, 60);

// What could show that an element has the focus: itself, its label, what it is in.
var around = (e) => [e, ...(e.labels ?? []), e.parentElement, e.nextElementSibling].filter(Boolean);

var look = (e) =>
  around(e)
    .flatMap((x) => [null, "::before", "::after"].map((part) => getComputedStyle(x, part)))
    .map((s) => [s.outlineStyle === "none" ? "" : s.outlineStyle + s.outlineWidth + s.outlineColor, s.boxShadow, s.borderColor, s.borderWidth, s.backgroundColor].join())
    .join("|");

function stops() {
  document.activeElement?.blur();
  const groups = new Map(); // radio buttons have one stop together
  found = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex], [contenteditable]")].filter((e) => {
    if (e.disabled || e.type === "hidden" || e.tabIndex < 0 || e.closest("[inert]") || !e.checkVisibility({ visibilityProperty: true })) return false;
    if (e.tagName === "SUMMARY" && e.parentElement.querySelector("summary") !== e) return false;
    if (e.type !== "radio") return true;
    const group = (e.form?.id ?? "") + e.name;
    const chosen = document.querySelector(`input[type=radio][name="${CSS.escape(e.name)}"]:checked`);
    if (groups.has(group) || (chosen && chosen !== e)) return false;
    groups.set(group, e);
    return true;
  });
  looks = found.map(look);
  return found.map(named);
}

function focused() {
  let e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) return { Index: -1, Name: "", Visible: true, Over: "" };
  const index = found.indexOf(e);
  const s = getComputedStyle(e);
  const outlined = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0;
  const r = e.getClientRects()[0] ?? e.getBoundingClientRect(); // of a link in a text, its first line
  let over = "";
  const top = document.elementFromPoint(r.left + Math.min(r.width / 2, 10), r.top + Math.min(r.height / 2, 10));
  if (top && !e.contains(top) && !top.contains(e) && ![...(e.labels ?? [])].some((l) => l.contains(top))) over = top.cloneNode(false).outerHTML.slice(0, 120);
  if (r.bottom <= 0 || r.top >= innerHeight) over = "the edge of the window";
  return { Index: index < 0 ? -2 : index, Name: named(e), Visible: outlined || (index >= 0 && look(e) !== looks[index]), Over: over };
}

// Saves a form as somebody goes, and shows what has changed because of it. The
// page works without: every button saves too.

const form = document.querySelector("form[data-autosave]");
// What a button has sent is kept until a page of the form tells that it was taken:
// whoever comes back from the page of a failure finds it again.
const pending = "fill.pending";
const left = JSON.parse(sessionStorage.getItem(pending));
if (!document.querySelector("[data-failure]")) sessionStorage.removeItem(pending);
if (form) begin();

function begin() {
  const status = document.getElementById("save-status");
  const buttons = form.querySelectorAll(".fill-upload");
  for (const button of buttons) button.hidden = true; // files are stored when they are chosen
  let running = false; // a request is on its way
  let waiting = null; // what to do after it
  let unsaved = false; // something typed is not stored
  let pressing = false; // a mouse or a finger is down on a button
  let released = null; // what goes on when it is no longer
  let leaving = false;
  let offline = false; // nothing answered the last time
  let pressed = null; // the button to leave with when nothing is on its way

  // After going back, browsers may fill in what was typed when the page was left.
  // What is stored may be newer, unless what was typed could not be sent.
  addEventListener("pageshow", () => {
    leaving = pressing = false;
    if (performance.getEntriesByType("navigation")[0]?.type !== "back_forward") return;
    form.reset();
    if (left?.page !== location.pathname) return;
    refill(new Map(Object.entries(left.values)));
    save(null);
  });
  form.addEventListener("input", (event) => {
    unsaved = true;
    count(event.target);
  });
  form.addEventListener("change", (event) => {
    if (event.target.type === "file") {
      if (event.target.files.length > 0) save(event.target);
    } else {
      save(null);
    }
  });
  // One request at a time, or the two could hinder each other.
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "save") { // Enter in a field
      event.preventDefault();
      save(null);
      return;
    }
    if (leaving || running || offline) event.preventDefault();
    if (leaving) return; // pressed twice
    leaving = true;
    if (running || offline) {
      pressed = event.submitter;
      if (!running) save(null); // the button's page comes when something answers
      return;
    }
    waiting = null; // the button saves it
    keep();
  });
  // What is shown anew could move a button away from under the finger that is
  // pressing it, which would then not be pressed at all.
  form.addEventListener("pointerdown", (event) => { pressing = event.target.closest("button") !== null; });
  for (const end of ["pointerup", "pointercancel"]) {
    addEventListener(end, () => {
      pressing = false;
      setTimeout(() => { // after what the press does
        released?.();
        released = null;
        next();
      });
    }, { capture: true });
  }
  addEventListener("online", () => { if (unsaved) save(null); });
  addEventListener("beforeunload", (event) => { if (unsaved && !leaving && status.dataset.state === "failed") event.preventDefault(); });

  function keep() {
    const values = {};
    for (const [name, value] of new FormData(form)) if (!(value instanceof File)) (values[name] ??= []).push(value);
    sessionStorage.setItem(pending, JSON.stringify({ page: location.pathname, values }));
  }

  // refill puts in what was typed, and what the page had shown before: whether
  // others have changed it since, the server finds out.
  function refill(values) {
    for (const control of form.elements) {
      if (!values.has(control.name.replace(/^field\./, "shown."))) continue; // it was not there
      const typed = values.get(control.name);
      if (control.type === "radio" || control.type === "checkbox") control.checked = Boolean(typed?.includes(control.value));
      else if (typed) [control.value] = typed;
    }
  }

  // count tells beside each long text how much room is left. To those who listen
  // it is told when a person stops writing, and not at every key.
  let telling = 0;
  function count(typed) {
    for (const place of form.querySelectorAll("[data-counts]")) {
      const field = document.getElementById(place.dataset.counts);
      const left = place.dataset.max - [...field.value].length;
      const text = (left < 0 ? place.dataset.over : place.dataset.left).replace("{0}", Math.abs(left));
      if (place.textContent !== text) place.textContent = text;
      place.dataset.state = left < 0 ? "over" : "";
      if (field !== typed) continue;
      clearTimeout(telling);
      telling = setTimeout(() => { document.getElementById("count-status").textContent = text; }, 1500);
    }
  }
  count(null);

  function say(text, state) {
    status.dataset.state = state;
    if (status.textContent !== text) status.textContent = text;
  }

  // save sends the page, one request at a time, and the files of one control.
  async function save(files) {
    if (running || pressing) {
      waiting = { files: files ?? waiting?.files ?? null };
      return;
    }
    running = true;
    const sent = new FormData(form);
    if (files === null) {
      for (const [name, value] of [...sent]) if (value instanceof File) sent.delete(name);
    }
    sent.set("action", "save");
    const body = files ? sent : new URLSearchParams(sent);
    say(files ? form.dataset.uploading : form.dataset.saving, "busy");
    let answered = false;
    try {
      const response = await fetch(form.getAttribute("action"), {
        method: "POST",
        headers: { Accept: "text/html, application/json" },
        body,
        keepalive: !files && body.toString().length < 60000, // also when the page is left
      });
      answered = true;
      if (pressing) await new Promise((resolve) => { released = resolve; });
      if (response.headers.get("Content-Type")?.startsWith("application/json")) {
        const problem = await response.json();
        say([form.dataset.failed, problem.error].filter(Boolean).join(" "), "failed");
      } else if (response.ok) {
        if (files) files.value = "";
        unsaved = !same(sent, new FormData(form));
        const outcome = take(await response.text(), sent, files);
        if (outcome === "saved") say(files ? form.dataset.uploaded : form.dataset.saved, "done");
        else say(form.dataset[outcome] ?? form.dataset.failed, "failed");
      } else {
        say(form.dataset.failed, "failed");
      }
    } catch {
      pressed = null;
      leaving = false;
      say(form.dataset.offline, "failed");
      setTimeout(() => { if (unsaved) save(null); }, 5000);
    }
    offline = !answered;
    running = false;
    next();
  }

  // next does what has had to wait.
  function next() {
    if (running || pressing) return;
    if (pressed) {
      const button = pressed;
      waiting = pressed = null;
      leaving = false;
      form.requestSubmit(button.isConnected ? button : null);
    } else if (waiting && !leaving) {
      const { files } = waiting;
      waiting = null;
      save(files);
    }
  }

  // take puts the form as it is now in the place of the one that is shown, and
  // tells what became of what was sent.
  function take(html, sent, files) {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("form");
    if (!fresh) return "failed";
    for (const button of fresh.querySelectorAll(".fill-upload")) button.hidden = true;
    blend(form.querySelector('[data-part="components"]'), fresh.querySelector('[data-part="components"]'), sent);
    blend(form.querySelector('[data-part="buttons"]'), fresh.querySelector('[data-part="buttons"]'), sent);
    follow(fresh, sent);
    count(null);
    for (const control of form.elements) if (!busy(control, sent)) settle(control);
    if (files && !files.isConnected) form.querySelector(`#${CSS.escape(files.id)}`)?.focus();
    return fresh.dataset.outcome;
  }

  // follow lets the list of what is wrong, where the page has one, tell what is
  // wrong on this page now. It keeps what leads to other pages. It is no alarm
  // any more.
  function follow(fresh, sent) {
    const box = form.querySelector("#faults");
    if (!box) return;
    const here = (item) => item.querySelector('a[href^="#"]') !== null;
    const list = box.querySelector("ul");
    const wanted = list.cloneNode();
    wanted.append(...[...fresh.querySelectorAll("#faults li")].filter(here), ...[...list.children].filter((item) => !here(item)).map((item) => item.cloneNode(true)));
    box.removeAttribute("role");
    if (wanted.children.length > 0) blend(list, wanted, sent);
    else box.remove();
  }
}

// same compares what two moments of a form hold, files aside.
function same(a, b) {
  const text = (data) => JSON.stringify([...data].filter(([name, value]) => name !== "action" && !(value instanceof File)));
  return text(a) === text(b);
}

// busy tells that somebody is at a control: it has the focus, or has been changed
// since the form was sent.
function busy(control, sent) {
  if (control.type === "hidden" || !control.name) return false;
  if (control === document.activeElement && isTyped(control)) return true;
  return JSON.stringify(sent.getAll(control.name)) !== JSON.stringify(new FormData(control.form).getAll(control.name));
}

function isTyped(control) {
  return control.nodeName === "TEXTAREA" || (control.nodeName === "INPUT" && !["radio", "checkbox", "file", "submit"].includes(control.type));
}

// settle makes a control hold what the page says.
function settle(control) {
  switch (control.nodeName) {
    case "TEXTAREA":
      control.value = control.defaultValue;
      break;
    case "SELECT":
      for (const option of control.options) option.selected = option.defaultSelected;
      break;
    case "INPUT":
      if (control.type === "radio" || control.type === "checkbox") control.checked = control.defaultChecked;
      else if (control.type !== "file") control.value = control.defaultValue;
  }
}

const keyOf = (node) => node.dataset?.part || node.id || "";

// blend makes an element like another, and keeps every part that both have, so
// that the focus stays where it is.
function blend(old, fresh, sent) {
  if (old.isEqualNode(fresh) || old.nodeName === "NOSCRIPT" || old.dataset.counts) return;
  if (fresh.type === "hidden" && fresh.dataset.of && !renews(old, fresh, sent)) return;
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value && name !== "open") old.setAttribute(name, value);
  const wanted = new Set([...fresh.children].map(keyOf));
  const known = new Map();
  for (const child of [...old.children]) {
    const key = keyOf(child);
    if (!key) continue;
    if (wanted.has(key) || child.contains(document.activeElement)) known.set(key, child);
    else child.remove();
  }
  let at = old.firstChild;
  for (const node of [...fresh.childNodes]) {
    const key = keyOf(node);
    const match = key ? known.get(key) : at && !keyOf(at) && at.nodeName === node.nodeName ? at : null;
    if (!match) {
      old.insertBefore(document.importNode(node, true), at);
    } else if (match.nodeName !== node.nodeName) {
      if (match === at) at = at.nextSibling;
      match.replaceWith(document.importNode(node, true));
    } else {
      if (match === at) at = at.nextSibling;
      else old.insertBefore(match, at);
      if (match.nodeType === Node.ELEMENT_NODE) blend(match, node, sent);
      else if (match.nodeValue !== node.nodeValue) match.nodeValue = node.nodeValue;
    }
  }
  while (at) {
    const next = at.nextSibling;
    if (!at.contains(document.activeElement)) at.remove();
    at = next;
  }
}

// renews tells whether what the page showed in a field is to be told anew. Not
// while somebody is at the field, unless what was sent changed it: then the
// server must find out that others have changed it too.
function renews(old, fresh, sent) {
  const control = old.form?.elements.namedItem(fresh.dataset.of);
  const one = control instanceof RadioNodeList ? control[0] : control;
  if (!one || !busy(one, sent)) return true;
  return sent.getAll(fresh.dataset.of).join(",") !== old.value;
}

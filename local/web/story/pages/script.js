// The page follows the story as it happens. Without this script, people reload.
const live = document.getElementById("live");
if (live) follow();

function follow() {
  const story = document.getElementById("story");
  const state = document.getElementById("live-state");
  const pause = document.getElementById("pause");
  const waiting = []; // what came while the reader had paused
  let paused = false;

  document.getElementById("reload").hidden = true;
  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? live.dataset.resume : live.dataset.pause;
    if (!paused) waiting.splice(0).forEach(show);
    tell(paused ? live.dataset.paused : live.dataset.connected);
  });

  const source = new EventSource(live.dataset.events);
  source.addEventListener("open", () => tell(paused ? live.dataset.paused : live.dataset.connected));
  source.addEventListener("error", () => tell(live.dataset.lost));
  source.addEventListener("row", (event) => receive({ html: event.data }));
  source.addEventListener("overview", (event) => receive({ overview: event.data }));
  source.addEventListener("gap", () => {
    tell(live.dataset.gap);
    document.getElementById("reload").hidden = false;
  });
  addEventListener("pagehide", () => source.close());

  function receive(news) {
    if (!paused) return show(news);
    if (news.overview) waiting.splice(0, waiting.length, ...waiting.filter((other) => !other.overview));
    waiting.push(news);
    const count = waiting.filter((other) => other.html).length;
    tell(live.dataset.waiting.replace("{0}", count));
  }

  function tell(text) {
    if (state.textContent !== text) state.textContent = text;
  }

  function show(news) {
    const made = document.createElement("template");
    made.innerHTML = news.html ?? news.overview;
    if (news.overview) {
      const overview = document.getElementById("overview");
      keepingFocus(overview, () => overview.replaceChildren(made.content));
      return;
    }
    document.getElementById("nothing")?.remove();
    const section = made.content.querySelector("section");
    const row = section.querySelector(".story-row");
    const known = document.getElementById(row.id);
    if (known) {
      row.querySelectorAll("details").forEach((details, n) => { details.open = known.querySelectorAll("details")[n]?.open ?? false; });
      keepingFocus(known, () => known.replaceWith(row));
      return;
    }
    row.classList.add("story-new");
    const newest = story.querySelector("section");
    keepingPlace(() => {
      if (newest?.dataset.chapter === section.dataset.chapter) newest.querySelector(".story-rows").prepend(row);
      else story.prepend(section);
    });
  }

  // What somebody reads further down stays where it is.
  function keepingPlace(change) {
    const before = story.getBoundingClientRect();
    const seen = before.top < 0;
    const height = before.height;
    change();
    if (seen && !CSS.supports("overflow-anchor", "auto")) scrollBy(0, story.getBoundingClientRect().height - height);
  }

  // A link that has the keyboard's focus keeps it when what is around it is new.
  function keepingFocus(old, change) {
    const at = old.contains(document.activeElement) ? document.activeElement : null;
    const href = at?.getAttribute("href");
    const summary = at?.matches("summary") ?? false;
    const id = old.id;
    change();
    if (!at) return;
    const now = document.getElementById(id);
    const next = summary ? now.querySelector("summary") : [...now.querySelectorAll("a")].find((link) => link.getAttribute("href") === href);
    next?.focus({ preventScroll: true });
  }
}

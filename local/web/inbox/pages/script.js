// Tells that the inbox has something new, for as long as its page is seen. It
// moves nothing and takes no focus: whoever wants to see it follows the link.
const every = 3000;
const live = document.getElementById("live");

if (live) {
  const status = live.querySelector("[role=status]");
  const show = live.querySelector("a");
  const button = live.querySelector("button");
  let paused = false;
  let timer;

  const later = () => {
    clearTimeout(timer);
    if (!paused && !document.hidden) timer = setTimeout(look, every);
  };

  // The text is only set when it is another: screen readers say it each time.
  const say = (text) => {
    if (status.textContent !== text) status.textContent = text;
  };

  async function look() {
    try {
      const answer = await fetch(live.dataset.news, { headers: { Accept: "application/json" }, redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const news = await answer.json();
      say(news.text);
      show.hidden = !news.text;
    } catch {
      say(live.dataset.lost);
    }
    later();
  }

  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? live.dataset.resume : live.dataset.pause;
    later();
  });
  document.addEventListener("visibilitychange", later);
  live.hidden = false;
  later();
}

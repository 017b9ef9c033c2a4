// Previews on hover and focus, the clock of running work, and a pulse that disturbs nobody.
// Without it: posters stand still, times are those of the page, cards change on reload.

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const fine = matchMedia("(hover: hover) and (pointer: fine)");
let playing, timer;

function stop() {
  clearTimeout(timer);
  playing?.remove();
  playing = undefined;
}

function play(well) {
  if (calm.matches || navigator.connection?.saveData || playing?.parentElement === well) return;
  stop();
  timer = setTimeout(() => {
    const video = Object.assign(document.createElement("video"), {
      src: well.dataset.preview, muted: true, loop: true, playsInline: true, className: "card-preview",
    });
    playing = video;
    well.append(video);
    video.play().catch(stop);
  }, 120);
}

const well = (event) => event.target.closest?.(".card")?.querySelector("[data-preview]");
document.addEventListener("pointerover", (event) => {
  const found = fine.matches && well(event);
  if (found) play(found);
});
document.addEventListener("pointerout", (event) => {
  const card = event.target.closest?.(".card");
  if (card && !card.contains(event.relatedTarget)) stop();
});
document.addEventListener("focusin", (event) => {
  const found = event.target.matches(":focus-visible") && well(event);
  if (found) play(found); else stop();
});
document.addEventListener("visibilitychange", () => document.hidden && stop());
new MutationObserver(() => playing && !playing.isConnected && stop()).observe(document.body, { childList: true, subtree: true });

// "1:12" beside running work; exact times in the reader's own zone
const two = (number) => String(number).padStart(2, "0");
function clock() {
  for (const time of document.querySelectorAll("time[data-since]")) {
    const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(time.dateTime)) / 1000));
    time.textContent = `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  }
}
clock();
setInterval(() => document.hidden || clock(), 1000);
document.body.addEventListener("htmx:afterSettle", clock);

// the pulse: slower in a hidden tab; a card in use is not replaced, the next pulse brings it again
let skipped = 0;
document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.id !== "pulse" || !document.hidden) return;
  skipped = (skipped + 1) % 8;
  if (skipped) event.preventDefault();
});
document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  if (target.id === "grid") {
    // a slow answer may bring a card that another answer has brought already
    for (const card of fragment.querySelectorAll(".card")) if (document.getElementById(card.id)) card.remove();
  } else if (target.matches(".card:hover, .card:focus-within")) {
    event.detail.shouldSwap = false;
  } else if (target.id === "live" && target.textContent.trim() === fragment.textContent.trim()) {
    event.detail.shouldSwap = false; // said already
  }
});

// A generation opens in a dialog over the gallery, its address in the bar; Back closes it.
// Without it: the same is a page of its own, and the prompt is copied by hand.

const dialog = document.getElementById("dialog");
let title = document.title;
let returning = false;

// a click that asks for a new tab or window gets one
document.addEventListener("click", (event) => {
  const aside = event.ctrlKey || event.metaKey || event.shiftKey;
  if (aside && event.target.closest("a[hx-get]")) event.stopPropagation();
}, true);

if (dialog) {
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== dialog) return;
    const address = event.detail.pathInfo.requestPath;
    if (dialog.open) history.replaceState({ dialog: true }, "", address);
    else {
      dialog.showModal();
      if (!history.state?.dialog) history.pushState({ dialog: true }, "", address);
    }
  });
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target === dialog && !dialog.open) title = document.title;
  });
  dialog.addEventListener("close", () => {
    dialog.replaceChildren(); // a video that is gone is silent
    document.title = title;
    if (history.state?.dialog) { returning = true; history.back(); }
  });
  dialog.addEventListener("click", (event) => {
    const close = event.target.closest("[data-close]");
    if (close) event.preventDefault();
    if (close || event.target === dialog) dialog.close();
  });
  // registered before htmx's own: a step between gallery and dialog never reloads the page
  addEventListener("popstate", (event) => {
    if (returning) { returning = false; event.stopImmediatePropagation(); return; }
    if (event.state?.dialog) {
      event.stopImmediatePropagation();
      htmx.ajax("GET", location.pathname, { target: dialog, swap: "innerHTML" });
    } else if (dialog.open) {
      event.stopImmediatePropagation();
      dialog.close();
    }
  });
}

// ← → neighbours, s star, d download, space play: only over a generation, never while typing
document.addEventListener("keydown", (event) => {
  const root = dialog?.open ? dialog : document.querySelector(".take-page");
  const busy = event.ctrlKey || event.metaKey || event.altKey;
  if (!root || busy || event.target.closest("input, textarea, select, video, pre, [contenteditable]")) return;
  if (event.key === " " && !event.target.closest("button, a, summary")) {
    const video = root.querySelector("video");
    if (video) { event.preventDefault(); video.paused ? video.play() : video.pause(); }
    return;
  }
  const found = root.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (found) { event.preventDefault(); found.click(); }
});

const copiers = () => document.querySelectorAll("[data-copies]").forEach((button) => { button.hidden = !navigator.clipboard; });
copiers();
document.body.addEventListener("htmx:afterSettle", copiers);
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
  button.toggleAttribute("data-done", true);
  setTimeout(() => button.removeAttribute("data-done"), 1500);
});

// exact times in the reader's own zone
function local() {
  for (const time of document.querySelectorAll("time[data-local]")) {
    const at = new Date(time.dateTime);
    time.title = at.toLocaleString();
    time.textContent = at.toLocaleTimeString();
  }
}
local();
document.body.addEventListener("htmx:afterSettle", local);

// Toasts, what a failed request says, focus on errors, menus that close.
// Without it: messages stand in the page after a reload, menus stay open until pressed again.

const box = document.getElementById("toasts");
const copy = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

function dismissible(toast) {
  const close = copy("toast-close");
  close.addEventListener("click", () => toast.remove());
  toast.append(close);
  // good news leaves by itself, unless somebody is reading it; bad news stays
  if (toast.dataset.level === "ok") {
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
    setTimeout(leave, 6000);
  }
}

export function say(text, level = "ok") {
  const toast = copy(`toast-${level === "ok" ? "ok" : "bad"}`);
  toast.querySelector("p").textContent = text;
  box.append(toast);
  dismissible(toast);
}

box.querySelectorAll(".toast").forEach(dismissible);
document.body.addEventListener("toast", (event) => say(event.detail.text, event.detail.level));

// the poll of a page fails silently: it tries again by itself, and health banners tell why
const quiet = (event) => event.detail.elt?.hasAttribute("data-quiet");
document.body.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (quiet(event) || (xhr.getResponseHeader("HX-Trigger") ?? "").includes('"toast"')) return;
  say(box.dataset[`e${xhr.status}`] ?? box.dataset.e500, "bad");
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(name, (event) => quiet(event) || say(box.dataset.offline, "bad"));
}

// a form that came back with errors: the reader hears the summary first
const lead = (root) => root.querySelector?.("[data-summary]")?.focus();
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.xhr?.status === 422) lead(document);
});
lead(document);

// one menu at a time; Escape and a press elsewhere close it
const menus = () => document.querySelectorAll("details[data-menu][open]");
document.addEventListener("click", (event) => {
  menus().forEach((menu) => menu.contains(event.target) || (menu.open = false));
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menus().forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});

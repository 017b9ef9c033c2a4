// Drop and paste feed the native file input, sliders move numbers, counters count, Ctrl+Enter orders.
// Without it: files are chosen by hand, numbers typed, counters stand still, Generate is pressed.

const field = (id) => document.getElementById(id);

function give(input, files) {
  if (!input || !files.length) return;
  const carrier = new DataTransfer();
  [...files].slice(0, input.multiple ? 10 : 1).forEach((file) => carrier.items.add(file));
  input.files = carrier.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

const zone = (event) => event.target.closest?.("[data-drop]");
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault(); // also beside the zone: a picture dropped there must not replace the page
    zone(event)?.setAttribute("data-over", "");
  });
}
document.addEventListener("dragleave", (event) => zone(event)?.removeAttribute("data-over"));
document.addEventListener("drop", (event) => {
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  const target = zone(event) ?? document.querySelector("[data-drop]");
  target?.removeAttribute("data-over");
  give(field(target?.dataset.drop), event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
  const empty = [...document.querySelectorAll("[data-drop]")].find((drop) => !drop.querySelector(".drop-chosen"));
  const target = empty ?? document.querySelector("[data-drop]");
  if (!files.length || !target) return;
  event.preventDefault();
  give(field(target.dataset.drop), files);
});

// a slider is a second hand on its number: only the number is sent
function wake(root) {
  root.querySelectorAll("[data-slides]").forEach((slider) => { slider.hidden = false; });
  root.querySelectorAll("kbd").forEach((key) => {
    if (/Mac|iP/.test(navigator.platform)) key.textContent = key.textContent.replace("Ctrl", "⌘");
  });
}
document.addEventListener("input", (event) => {
  const { id, value, dataset } = event.target;
  if (dataset.slides) field(dataset.slides).value = value;
  const slider = id && document.querySelector(`[data-slides="${id}"]`);
  if (slider) slider.value = value;
  const counter = id && document.querySelector(`[data-counts="${id}"]`);
  if (counter) {
    counter.textContent = `${value.length} / ${counter.dataset.most}`;
    counter.toggleAttribute("data-over", value.length > Number(counter.dataset.most));
  }
});
document.addEventListener("change", (event) => {
  const number = field(event.target.dataset.slides);
  number?.dispatchEvent(new Event("change", { bubbles: true }));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const button = field("generate");
  if (!button || button.disabled || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  button.click();
});

// a model chosen by pointer closes the list; by arrow keys it stays open for the next arrow
let pointed = false;
document.addEventListener("click", (event) => {
  if (event.target.name === "model_key") pointed = event.detail > 0;
});
let focused = "";
document.body.addEventListener("htmx:beforeSwap", () => {
  focused = document.activeElement?.closest?.(".field, .picker")?.id ?? "";
});
document.body.addEventListener("htmx:afterSettle", () => {
  wake(document);
  const picker = field("picker");
  if (pointed && picker) { picker.open = false; pointed = false; }
  const lost = document.activeElement === document.body || !document.activeElement?.checkVisibility?.();
  if (lost && focused) field(focused)?.querySelector("summary, label, button, input")?.focus();
  focused = "";
});
wake(document);

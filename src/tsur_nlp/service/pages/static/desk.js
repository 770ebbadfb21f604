"use strict";
// Links and forms marked data-swap change the page without loading it anew; without this script they work as usual.
// X-Swap: the long lists of topics and bodies are here already.
const main = document.getElementById("main"), note = document.getElementById("note");
let busy = false, shownAt = 0, suggested = Promise.resolve();
const LOOKED = 200;
// Milliseconds for which a fresh message can't be answered by a key: a key pressed twice must not answer the next one.

async function swap(address, options) {
  if (busy) return;
  busy = true;
  document.body.classList.add("busy");
  note.textContent = "";
  try {
    const response = await fetch(address, {credentials: "same-origin", headers: {"X-Swap": "1"}, ...options});
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!fresh.getElementById("main")) throw new Error("not a page");
    document.title = fresh.title;
    main.replaceChildren(...fresh.getElementById("main").childNodes);
    // The answer to a form that was refused has no address of its own.
    if (response.ok && (response.redirected || !options)) history.replaceState(null, "", response.url);
    shownAt = performance.now();
    (document.getElementById("message") || main).focus({preventScroll: true});
    const now = main.querySelector(".row[aria-current]");
    if (now) now.scrollIntoView({block: "nearest"});
  } catch (error) {
    note.textContent = "Служба не отвечает. Неизвестно, записан ли ответ: повторите, дважды он не запишется.";
  } finally {
    busy = false;
    document.body.classList.remove("busy");
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  swap(link.href);
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-swap]")) return;
  event.preventDefault();
  // The body for a topic written by hand may still be on its way.
  await suggested;
  const sent = new URLSearchParams(new FormData(form));
  if (form.method === "get") swap(`${form.action}?${sent}`);
  else swap(form.action, {method: "POST", body: sent});
});

async function suggestAuthority(field) {
  const sent = new URLSearchParams({topic: field.value, m: field.dataset.message});
  const response = await fetch(`/desk/responsible?${sent}`, {credentials: "same-origin"});
  const found = response.ok ? (await response.json()).authority : "";
  if (found) document.getElementById("authority").value = found;
}

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.name === "right_topic" && field.type === "radio") {
    document.getElementById("other").value = "";
    if (field.dataset.authority) document.getElementById("authority").value = field.dataset.authority;
  } else if (field.id === "other" && field.value) {
    suggested = suggestAuthority(field).catch(() => {});
  } else if (field.matches("#filters select, #filters [type=checkbox]")) {
    field.form.requestSubmit();
  }
});

function step(by) {
  const rows = [...main.querySelectorAll(".row")];
  const at = rows.findIndex((row) => row.hasAttribute("aria-current"));
  const next = rows[at < 0 ? 0 : at + by];
  if (next) swap(next.href);
}

// Keys are told by their place, so that the Russian layout does as well as the Latin one.
const KEYS = {
  KeyJ: () => step(1),
  KeyK: () => step(-1),
  KeyA: () => performance.now() - shownAt > LOOKED && document.getElementById("settle")?.requestSubmit(),
  KeyU: () => document.getElementById("undo")?.requestSubmit(),
  Slash: () => document.getElementById("q")?.focus(),
};
for (let n = 1; n <= 5; n++) {
  KEYS[`Digit${n}`] = KEYS[`Numpad${n}`] = () => main.querySelectorAll("#settle input[type=radio]")[n - 1]?.click();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");
  if (typing) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const act = KEYS[event.code] || (event.key === "/" ? KEYS.Slash : null);
  if (!act) return;
  event.preventDefault();
  if (!event.repeat) act();
});

// A link may carry a message after «#»: browsers do not send that part anywhere.
const tried = document.getElementById("try");
if (tried && location.hash.length > 1) {
  tried.elements.text.value = decodeURIComponent(location.hash.slice(1));
  tried.requestSubmit();
}

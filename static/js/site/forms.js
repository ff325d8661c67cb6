// Small courtesies of forms: one submit per click, and "Save" only wakes up when something changed.
const valuesOf = (form) => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken"));

for (const button of document.querySelectorAll("[data-save-on-change]")) {
  const { form } = button;
  const before = valuesOf(form);
  const update = () => button.toggleAttribute("data-idle", valuesOf(form) === before);
  form.addEventListener("input", update);
  update();
}

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method === "dialog") return;
  const { submitter } = event;
  if (submitter) setTimeout(() => { submitter.disabled = true; }); // after the browser has read the form
});

// Back from the page cache: a form must not be stuck.
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("button[disabled]").forEach((button) => { button.disabled = false; });
});

// data-confirm="sentence" on a form or button asks first; data-confirm-word names the deed on the button.
const dialog = document.getElementById("confirm");
const granted = new WeakSet();

function ask(sentence, word) {
  dialog.querySelector("#confirm-text").textContent = sentence;
  dialog.querySelector("[data-confirm-yes]").textContent = word || "Go on";
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const asker = event.submitter?.matches("[data-confirm]") ? event.submitter : form;
  if (!dialog || !asker.dataset.confirm || granted.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (await ask(asker.dataset.confirm, asker.dataset.confirmWord)) {
    granted.add(form);
    form.requestSubmit(event.submitter);
  }
}, true);

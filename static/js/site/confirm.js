// data-confirm="sentence" on a form or button asks first; data-confirm-word names the deed on the
// button, data-confirm-stay the way back, data-confirm-grave colours it as one that takes something away.
const dialog = document.getElementById("confirm");
const granted = new WeakSet();

function ask({ confirm: sentence, confirmWord: word, confirmStay: stay, confirmGrave: grave }) {
  dialog.querySelector("#confirm-text").textContent = sentence;
  dialog.querySelector("[data-confirm-no]").textContent = stay || "Cancel";
  const yes = dialog.querySelector("[data-confirm-yes]");
  yes.textContent = word || "Go on";
  yes.className = `button ${grave === undefined ? "is-primary" : "is-grave"}`;
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
  if (await ask(asker.dataset)) {
    granted.add(form);
    form.requestSubmit(event.submitter);
  }
}, true);

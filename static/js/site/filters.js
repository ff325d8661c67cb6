// data-submit-on-change: a filter takes effect at once; the button for it is needed without script only.
document.addEventListener("change", (event) => {
  const control = event.target.closest("[data-submit-on-change]");
  if (!control) return;
  const { form } = control;
  for (const field of form.elements) if (field.name && field.value === "") field.disabled = true; // short addresses
  form.requestSubmit();
});
